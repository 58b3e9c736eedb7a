import { createContext } from 'svelte';
import { ServescapeError } from '../../main/domain/errors.ts';
import type { Client } from '../../main/contract/client.ts';
import type { AppInfo, ProjectInfo } from '../../main/contract/values.ts';
import { NO_FILTER, type Filter } from '../charts/filter.ts';
import { CommandList } from './commands.svelte.ts';
import { HostLink } from './link.svelte.ts';
import { Machine } from './machine.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Prompts, type PathRequest, type Question } from './prompts.svelte.ts';
import { Shelf } from './shelf.svelte.ts';
import { DeployedView } from './deployed.svelte.ts';
import { Tour } from './tour.svelte.ts';
import { fileInAddress, keepPlace, lastPlace, type Place } from './place.ts';
import { showTheme } from './theme.ts';
import { shownProjectName } from './project-name.ts';
import { spokenEvent } from '../../main/domain/spoken-event.ts';
import { clockText } from './when.ts';
import { Queue } from './queue.svelte.ts';
import { StudyDraft } from './draft.svelte.ts';
import { SweepView } from './sweep.svelte.ts';
import { StudyView } from './study.svelte.ts';
import type { Connect } from './connect.ts';
import { askForTrust, openOrRepair } from './foreign-project.ts';
import type { Sweep, SweepSpec } from '../../main/domain/sweep.ts';
import type { ParamsInputOf } from '../../main/contract/methods.ts';
import type { GuidePlace } from '../guide/pages.ts';
import { preferencesSchema, type Preferences, type PreferencesPatch } from '../../main/contract/preferences.ts';

/** `machine` and `guide` are open at any time, the four steps need a study. */
export type Screen = 'welcome' | 'design' | 'run' | 'results' | 'compare' | 'machine' | 'guide';
export type DialogName = 'palette' | 'help' | 'preferences' | 'about';
export type ResultsTab = 'overview' | 'search' | 'load' | 'resources' | 'trials' | 'report' | 'scale';

/** What is open and where we are. One per window, handed down as context. */
export class AppState {
  info: AppInfo | null = $state.raw(null);
  project: ProjectInfo | null = $state.raw(null);
  study: StudyView | null = $state.raw(null);
  /** The form of the open study; kept while other screens are shown. */
  draft: StudyDraft | null = $state.raw(null);
  /** What Design asks for beyond one study. */
  queue: Queue = $state.raw(new Queue());
  sweeps: readonly Sweep[] = $state.raw([]);
  /** The sweep or duel that Compare shows. */
  sweep: SweepView | null = $state.raw(null);
  screen: Screen = $state('welcome');
  preferences: Preferences = $state.raw(preferencesSchema.parse({}));
  /** The dialog on screen, if any. */
  dialog: DialogName | null = $state(null);
  /** What the guide shows. */
  guide: GuidePlace = $state.raw({ page: 'guide', anchor: '' });
  readonly deployed = new DeployedView();
  reproduceOpen = $state(false);
  readonly link: HostLink;
  readonly shelf: Shelf;
  readonly machine: Machine;
  readonly prompts = new Prompts();
  readonly tour = new Tour(this);
  readonly notices = new Notices();
  readonly commands = new CommandList();

  #filter: Filter = $state.raw(NO_FILTER);
  #resultsTab: ResultsTab = $state('overview');
  #before: Screen = 'welcome';

  constructor(connect: Connect) {
    this.link = new HostLink(connect, { lost: () => this.#lost(), back: () => this.#back() });
    this.shelf = new Shelf(() => this.client, this.fail);
    this.machine = new Machine(() => this.client, this.fail);
  }

  get client(): Client {
    return this.link.client;
  }

  /** Connects, reads what Welcome shows, and goes back to where this window was before a reload. */
  async begin(): Promise<void> {
    await this.link.attach();
    this.deployed.watch(this.client);
    this.info = await this.client.call('app.info', {});
    this.#prefer(this.info.preferences);
    this.info.notices.forEach((text, i) =>
      this.notices.show(
        /could not be given back|still runs at/.test(text)
          ? { id: `notice-${i}`, tone: 'bad', strong: 'A GPU clock is still changed.', text, dismissible: true }
          : { id: `notice-${i}`, tone: 'ok', strong: 'Tidied up.', text, dismissible: true },
      ),
    );
    this.shelf.fill();
    void this.machine.check();
    const asked = fileInAddress();
    const place = asked === null ? lastPlace() : null;
    if (asked !== null) await this.open(asked).catch(this.fail);
    else if (place !== null) await this.#return(place).catch(() => keepPlace(null));
  }

  /** What the charts of the open project show; the same for all its studies. */
  get filter(): Filter {
    return this.#filter;
  }

  set filter(filter: Filter) {
    this.#filter = filter;
    this.#keepPlace();
  }

  /** The view of Results that is shown, for all studies of the project. */
  get resultsTab(): ResultsTab {
    return this.#resultsTab;
  }

  set resultsTab(tab: ResultsTab) {
    this.#resultsTab = tab;
    this.#keepPlace();
  }

  /** A file was opened from outside while the window is there (double click in the desktop). */
  openFromAddress(): void {
    const asked = fileInAddress();
    if (asked !== null) this.open(asked).catch(this.fail);
  }

  navigate(screen: Screen): void {
    if (!isAside(this.screen)) this.#before = this.screen;
    this.screen = screen;
    this.#keepPlace();
    if (screen === 'welcome') void this.shelf.refreshRecent();
  }

  /** A new project from a template, ready to edit. */
  async create(templateId: string): Promise<void> {
    await this.#enter(await this.client.call('project.create', { template: templateId }), 'design');
  }

  /** Everything the report did as one project, started at once and shown from its first part. */
  async reproduce(params: ParamsInputOf<'programme.create'>): Promise<void> {
    await this.#enter(await this.client.call('programme.create', params), 'compare');
    await this.showSweep(this.sweeps[0]!.id);
    await this.runAllSweeps();
  }

  /** Starts what is left of every sweep of the project. */
  async runAllSweeps(): Promise<void> {
    if (this.project === null) return;
    await this.client.call('sweep.startAll', { projectId: this.project.projectId });
    await this.refreshSweeps();
  }

  async refreshSweeps(): Promise<void> {
    if (this.project !== null) this.sweeps = await this.client.call('sweep.list', { projectId: this.project.projectId });
  }

  /** Opens a project file; lands on Design for a draft study, on Run while running, on Results otherwise. */
  async open(path: string, screen?: Screen, studyId?: string): Promise<void> {
    const opened = await openOrRepair(this, path);
    if (opened === null) return;
    await this.#enter(opened, screen, studyId);
    void this.shelf.refreshRecent();
    if (opened.asks.length > 0) await askForTrust(this);
  }

  /** The system's dialog where there is one, else the page's own; null: cancelled. */
  async chooseProjectFile(): Promise<string | null> {
    return this.info?.nativeDialogs ? this.client.call('dialog.open', {}) : this.askPath({ mode: 'open', suggestedName: '' });
  }

  /** Asks for a file and opens it. */
  async openFile(): Promise<void> {
    const path = await this.chooseProjectFile();
    if (path !== null) await this.open(path);
  }

  async saveAs(): Promise<void> {
    const { project } = this;
    if (project === null) return;
    await this.draft?.flush();
    const suggestedName = `${shownProjectName(project.name)}.servescape`;
    const path = this.info?.nativeDialogs
      ? await this.client.call('dialog.save', { suggestedName })
      : await this.askPath({ mode: 'save', suggestedName });
    if (path === null) return;
    const saved = await this.client.call('project.saveAs', { projectId: project.projectId, path });
    const studyId = this.study?.studyId;
    await this.#enter(saved, this.screen, studyId);
    this.notices.toast(`Saved as ${saved.path}`);
  }

  /** Another study of the open project. */
  async openStudy(studyId: string): Promise<void> {
    if (this.project !== null) await this.#enter(this.project, undefined, studyId);
  }

  /** A new draft study with the same settings. */
  async newStudyFromThis(): Promise<void> {
    const { project, study } = this;
    if (project === null || study === null) return;
    const { studyId } = await this.client.call('study.duplicate', { projectId: project.projectId, studyId: study.studyId });
    const info = await this.client.call('project.info', { projectId: project.projectId });
    await this.#enter(info, 'design', studyId);
  }

  /** Starts the study as it stands in the form and shows it running. */
  async start(): Promise<void> {
    await this.draft?.flush();
    await this.study?.start();
    this.navigate('run');
  }

  /** Makes the studies of a sweep or duel from the form, starts the queue and shows it. */
  async startSweep(spec: SweepSpec): Promise<void> {
    const { project } = this;
    if (project === null) return;
    await this.draft?.flush();
    const sweep = await this.client.call('sweep.create', { projectId: project.projectId, spec });
    await this.showSweep(sweep.id);
    await this.sweep?.start();
    this.queue = new Queue();
    this.navigate('compare');
  }

  /** Brings a sweep of the open project to Compare. */
  async showSweep(sweepId: string): Promise<void> {
    const { project } = this;
    if (project === null) return;
    const view = await SweepView.open(() => this.client, project.projectId, sweepId);
    this.sweep?.close();
    this.sweep = view;
    this.sweeps = await this.client.call('sweep.list', { projectId: project.projectId });
    this.project = await this.client.call('project.info', { projectId: project.projectId });
  }

  /** Continues a paused study, or runs a stopped one again from where it was. */
  async resume(): Promise<void> {
    await this.draft?.flush();
    await this.study?.continueRun();
    this.navigate('run');
  }

  /** Shown at once, kept by the host. */
  prefer(patch: PreferencesPatch): void {
    this.#prefer({ ...this.preferences, ...patch });
    this.client.call('preferences.set', patch).catch(this.fail);
  }

  #prefer(preferences: Preferences): void {
    this.preferences = preferences;
    showTheme(preferences.theme);
  }

  /** Opens a page of the guide, at a heading of it if one is named. */
  openGuide(page: GuidePlace['page'], anchor = ''): void {
    this.guide = { page, anchor };
    this.navigate('guide');
  }

  /** Leaves the guide or the machine's page for where it was opened from. */
  goBack(): void {
    this.navigate(this.#before);
  }

  ask(question: Question): Promise<string | null> {
    return this.prompts.ask(question);
  }

  askPath(request: PathRequest): Promise<string | null> {
    return this.prompts.askPath(request);
  }

  /** Shows what went wrong as a banner. The place for every error nobody handles nearer. */
  readonly fail = (error: unknown): void => {
    const known = error instanceof ServescapeError;
    if (known && (error.code === 'connection-lost' || error.code === 'aborted')) return;
    const message = error instanceof Error ? error.message : String(error);
    const hint = known ? (error.details.hint ?? '') : 'This is a fault of the program, not yours. Your file is safe.';
    const code = known ? error.code : 'internal';
    this.notices.show({ id: 'error', tone: 'bad', strong: message, text: hint, dismissible: true, actions: [{ label: 'More', run: () => this.openGuide('troubleshooting', code) }] });
  };

  async #return({ path, screen, studyId, filter, resultsTab }: Place): Promise<void> {
    await this.open(path, screen, studyId);
    [this.filter, this.resultsTab] = [filter, resultsTab];
  }

  #lost(): void {
    this.notices.show({
      id: 'connection', tone: 'bad', strong: `The program behind this page stopped answering at ${clockText()}.`,
      text: 'Your file is safe. Trying again by itself.', actions: [{ label: 'Try now', run: () => this.link.retryNow() }],
    });
  }

  /** The host answers again: watch what is open there anew, and send what was typed meanwhile. */
  async #back(): Promise<void> {
    this.deployed.watch(this.client);
    const { project, study } = this;
    if (project !== null && study !== null) {
      await study.watch().catch(() => this.open(project.path, this.screen, study.studyId));
      if (this.sweep !== null) await this.showSweep(this.sweep.sweepId).catch(() => undefined);
    }
    this.notices.dismiss('connection');
    this.notices.speak('The program answers again.');
    await this.draft?.flush().catch(this.fail);
  }

  async #enter(project: ProjectInfo, screen?: Screen, studyId?: string): Promise<void> {
    const summary = project.studies.find(({ id }) => id === studyId) ?? project.studies[project.studies.length - 1];
    if (!summary) throw new ServescapeError('project-damaged', `“${project.name}” holds no study.`, { hint: 'Open the backup copy beside the file.' });
    await this.draft?.flush().catch(this.fail);
    const [study, sweeps] = await Promise.all([
      StudyView.open(() => this.client, project.projectId, summary.id),
      this.client.call('sweep.list', { projectId: project.projectId }),
    ]);
    const wanted = sweeps.findLast(({ members }) => members.some(({ studyId: member }) => member === summary.id)) ?? sweeps.at(-1) ?? null;
    const known = this.sweep !== null && this.sweep.projectId === project.projectId && (wanted === null || this.sweep.sweepId === wanted.id) ? this.sweep : null;
    const sweep = known ?? (wanted === null ? null : await SweepView.open(() => this.client, project.projectId, wanted.id));
    if (sweep !== this.sweep) this.sweep?.close();
    this.sweeps = sweeps;
    this.sweep = sweep;
    if (project.projectId !== this.project?.projectId) [this.queue, this.#filter, this.#resultsTab] = [new Queue(), NO_FILTER, 'overview'];
    this.study?.close();
    this.draft?.close();
    this.notices.dismiss('error');
    this.project = project;
    this.study = study;
    this.draft = new StudyDraft(study, this.fail, () => this.project?.readOnly != null);
    study.onEvent((event, value) => {
      const text = spokenEvent(event, value);
      if (text) this.notices.speak(text);
    });
    const { state } = study.study;
    const isQueue = studyId === undefined && wanted !== null && sweeps.some(({ state: queued }) => queued !== 'waiting');
    this.screen = screen && screen !== 'welcome' && !isAside(screen) ? screen : isQueue ? 'compare' : state === 'draft' ? 'design' : state === 'ended' ? 'results' : 'run';
    this.#keepPlace();
  }

  #keepPlace(): void {
    const { project, study, screen, filter, resultsTab } = this;
    const nowhere = project === null || study === null || screen === 'welcome' || isAside(screen);
    keepPlace(nowhere ? null : { path: project.path, screen, studyId: study.studyId, filter, resultsTab });
  }
}

/** A page beside the work: leaving it goes back to where it was opened. */
function isAside(screen: Screen): boolean {
  return screen === 'machine' || screen === 'guide';
}

const [getApp, setApp] = createContext<AppState>();
export { getApp, setApp };
