-- Breaks and closed parts of a session; spans of a recording that the published copy does not show.

CREATE TABLE council_interval (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('break', 'closed')),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- a break's announced end
    resumes_at timestamptz,
    note text NOT NULL DEFAULT '',
    -- of a closed part: what the law says, for the public, and why, for the record alone
    legal_basis text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    recording text NOT NULL DEFAULT '' CHECK (recording IN ('', 'sealed', 'none')),
    -- null: it goes on, or its session ended in it
    ended_at timestamptz,
    rev bigint NOT NULL DEFAULT 1,
    CHECK (ended_at >= began_at),
    CHECK ((kind = 'closed') = (recording <> '')),
    CHECK (kind = 'break' OR (legal_basis <> '' AND reason <> ''))
);
CREATE INDEX council_interval_session ON council_interval (session_id, began_at);
CREATE UNIQUE INDEX council_interval_open ON council_interval (session_id) WHERE ended_at IS NULL;

-- With the end that its session gave it.
CREATE VIEW council_interval_seen AS
    SELECT i.id, i.session_id, i.kind, i.began_at, i.resumes_at, i.note, i.legal_basis, i.reason, i.recording,
        CASE WHEN i.ended_at IS NULL AND s.ended_at IS NOT NULL THEN greatest(s.ended_at, i.began_at)
            ELSE i.ended_at END AS ended_at, i.rev
    FROM council_interval i JOIN council_session s ON s.id = i.session_id;

-- Grows whenever another version of a recording is published.
ALTER TABLE recording ADD COLUMN version bigint NOT NULL DEFAULT 1;

CREATE TABLE recording_redaction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id text NOT NULL REFERENCES recording ON DELETE CASCADE,
    -- on the whole recording's timeline, in 1/90000 s
    begin_90k bigint NOT NULL CHECK (begin_90k >= 0),
    end_90k bigint NOT NULL CHECK (end_90k > begin_90k),
    mute boolean NOT NULL,
    picture text NOT NULL CHECK (picture IN ('', 'blur', 'black')),
    -- share of the picture's width and height; the whole picture is 0 0 1 1
    area_left real NOT NULL,
    area_top real NOT NULL,
    area_width real NOT NULL,
    area_height real NOT NULL,
    legal_basis text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('making', 'ready', 'published', 'withdrawn', 'failed')),
    progress real NOT NULL DEFAULT 0,
    problem text NOT NULL DEFAULT '',
    -- those that were published when its files were made, and are in them too
    baked bigint[] NOT NULL DEFAULT '{}',
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    withdrawn_at timestamptz,
    CHECK (mute OR picture <> '')
);
CREATE INDEX recording_redaction_stream ON recording_redaction (stream_id, begin_90k);

-- Files that stand in for spans of takes, and their segments under the numbers of those they stand in for.
CREATE TABLE recording_patch (
    stream_id text NOT NULL,
    -- 1000000 and more: no take that was recorded
    number integer NOT NULL,
    redaction_id bigint NOT NULL REFERENCES recording_redaction ON DELETE CASCADE,
    began_at timestamptz NOT NULL,
    tracks jsonb NOT NULL,
    init_bytes integer NOT NULL,
    PRIMARY KEY (stream_id, number)
);
CREATE TABLE recording_patch_segment (
    stream_id text NOT NULL,
    number integer NOT NULL,
    msn bigint NOT NULL,
    byte_offset bigint NOT NULL,
    byte_length integer NOT NULL,
    dts_90k bigint NOT NULL,
    duration_90k bigint NOT NULL,
    independent boolean NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (stream_id, number, msn),
    FOREIGN KEY (stream_id, number) REFERENCES recording_patch ON DELETE CASCADE
);

-- The public log of redactions. It outlives the recording.
CREATE TABLE recording_redaction_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id text NOT NULL,
    redaction_id bigint NOT NULL,
    what text NOT NULL CHECK (what IN ('published', 'withdrawn')),
    version bigint NOT NULL,
    begin_s double precision NOT NULL,
    end_s double precision NOT NULL,
    mute boolean NOT NULL,
    picture text NOT NULL,
    whole_picture boolean NOT NULL,
    legal_basis text NOT NULL,
    reason text NOT NULL,
    -- the office or role that decided; the audit log names the account
    decided_as text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recording_redaction_log_stream ON recording_redaction_log (stream_id, id);
