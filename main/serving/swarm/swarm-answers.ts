/** What the manager answers about its nodes and tasks, as far as it is read here. */
export interface NodeAnswer {
  readonly ID: string;
  readonly Spec?: { readonly Role?: 'manager' | 'worker'; readonly Availability?: 'active' | 'pause' | 'drain'; readonly Labels?: Readonly<Record<string, string>> };
  readonly Description?: {
    readonly Hostname?: string;
    readonly Resources?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number; readonly GenericResources?: readonly GenericResource[] };
    readonly Engine?: { readonly EngineVersion?: string };
  };
  readonly Status?: { readonly State?: string; readonly Message?: string; readonly Addr?: string };
  readonly ManagerStatus?: { readonly Addr?: string; readonly Leader?: boolean };
}

export interface GenericResource {
  readonly DiscreteResourceSpec?: { readonly Kind?: string; readonly Value?: number };
  readonly NamedResourceSpec?: { readonly Kind?: string; readonly Value?: string };
}

export interface TaskAnswer {
  readonly ID: string;
  readonly ServiceID: string;
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly DesiredState: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Spec?: {
    readonly ContainerSpec?: { readonly Image?: string; readonly Labels?: Readonly<Record<string, string>> };
    readonly Resources?: { readonly Reservations?: { readonly NanoCPUs?: number; readonly MemoryBytes?: number; readonly GenericResources?: readonly GenericResource[] } };
  };
  readonly Status: {
    readonly State: string;
    readonly Timestamp?: string;
    readonly Message?: string;
    readonly Err?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly PID?: number; readonly ExitCode?: number };
    readonly PortStatus?: { readonly Ports?: readonly { readonly TargetPort: number; readonly PublishedPort: number }[] };
  };
}

export function isUp(node: NodeAnswer): boolean {
  return node.Status?.State === 'ready' && (node.Spec?.Availability ?? 'active') === 'active';
}

export function nodeName(node: NodeAnswer | undefined): string {
  return node?.Description?.Hostname || node?.ID || 'an unknown node';
}

/** How many of a kind there are, whether counted or named one by one. */
export function countGeneric(resources: readonly GenericResource[] | undefined, kind: string): number {
  return (resources ?? []).reduce((sum, { DiscreteResourceSpec: some, NamedResourceSpec: one }) =>
    sum + (some?.Kind === kind ? (some.Value ?? 0) : 0) + (one?.Kind === kind ? 1 : 0), 0);
}

/** Where the node's published ports are reached. A manager may call itself 0.0.0.0 and say its real address elsewhere. */
export function addressOf(node: NodeAnswer | undefined): string {
  const own = node?.Status?.Addr ?? '';
  const asManager = node?.ManagerStatus?.Addr?.replace(/:\d+$/, '') ?? '';
  return own !== '' && own !== '0.0.0.0' ? own : asManager;
}
