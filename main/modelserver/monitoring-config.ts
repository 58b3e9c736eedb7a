import { parseTextProto, refuseProto } from './text-proto.ts';

/** What `--monitoring_config_file` says of the Prometheus page. */
export interface MonitoringConfig {
  readonly isEnabled: boolean;
  readonly path: string;
}

export const DEFAULT_METRICS_PATH = '/monitoring/prometheus/metrics';
const WHAT = 'monitoring config';

/**
 * @throws ServescapeError `bad-input` naming line, field and what would be accepted
 */
export function parseMonitoringConfig(text: string): MonitoringConfig {
  let config: MonitoringConfig = { isEnabled: false, path: DEFAULT_METRICS_PATH };
  for (const field of parseTextProto(text, WHAT)) {
    if (field.name !== 'prometheus_config' || field.value.kind !== 'message') {
      throw refuseProto(WHAT, field.line, `${field.name} is not known here`, 'prometheus_config { … }');
    }
    for (const { name, line, value } of field.value.fields) {
      const text = value.kind === 'scalar' ? value.text : '{ … }';
      if (name === 'enable' && (text === 'true' || text === 'false')) config = { ...config, isEnabled: text === 'true' };
      else if (name === 'path' && value.kind === 'scalar' && value.quoted && text.startsWith('/')) config = { ...config, path: text };
      else throw refuseProto(WHAT, line, `prometheus_config.${name} is “${text}”`, 'enable: true or false, path: "/…"');
    }
  }
  return config;
}
