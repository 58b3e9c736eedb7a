/**
 * The `.servescape` file: a SQLite database in WAL mode.
 *
 * meta          key → text: `project-id`, `name`, `created-at`
 * event         one row per study event, append-only (triggers refuse change and removal), `seq` from 1 without gaps
 * sweep_event   one row per event of a sweep or duel, append-only like `event`
 * round_trips   one row per trial; each column of `RoundTrips` as little-endian bytes, exact: start and round trip as
 *               float64 (ms), replica as uint16, fault and excluded as uint8. 20 bytes a request, 68 KB for 3,413. Where
 *               requests differ in length, their width as uint32; null elsewhere and in files of formats before 3.
 *
 * Bytes 68–71 of the file hold the application id, bytes 60–63 the format version (`user_version`).
 */
export const APPLICATION_ID = 0x53_76_73_63; // "Svsc"
export const PROJECT_EXTENSION = '.servescape';

/** Entry i lifts a file from format i to format i + 1. Append only: never change one that was released. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE event (
    study_id TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    json TEXT NOT NULL,
    PRIMARY KEY (study_id, seq)
  ) STRICT;
  CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TABLE round_trips (
    study_id TEXT NOT NULL,
    trial INTEGER NOT NULL CHECK (trial > 0),
    count INTEGER NOT NULL CHECK (count >= 0),
    start_ms BLOB NOT NULL,
    round_trip_ms BLOB NOT NULL,
    replica BLOB NOT NULL,
    fault BLOB NOT NULL,
    excluded BLOB NOT NULL,
    PRIMARY KEY (study_id, trial)
  ) STRICT;
  `,
  `
  CREATE TABLE sweep_event (
    sweep_id TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    json TEXT NOT NULL,
    PRIMARY KEY (sweep_id, seq)
  ) STRICT;
  CREATE TRIGGER sweep_event_is_never_changed BEFORE UPDATE ON sweep_event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER sweep_event_is_never_removed BEFORE DELETE ON sweep_event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  `,
  'ALTER TABLE round_trips ADD COLUMN width BLOB',
  '/* from here on notes stand among the events, which older programs would take for damage */',
];

export const FORMAT_VERSION = MIGRATIONS.length;
