/** A project that was not saved anywhere yet has the moment it was made in its file name; nobody needs to read that. */
export function shownProjectName(name: string): string {
  return name.replace(/ \d{4}-\d{2}-\d{2} \d{6}$/, '');
}
