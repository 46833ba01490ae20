-- The archive: what is shown of a recording, what was made of it, clips, and what was removed.

ALTER TABLE recording
    -- shown range on the whole recording's timeline, in 1/90000 s; null: to the end
    ADD COLUMN trim_begin_90k bigint NOT NULL DEFAULT 0,
    ADD COLUMN trim_end_90k bigint,
    -- null: the installation's rule; 0: for ever
    ADD COLUMN keep_days integer CHECK (keep_days >= 0),
    -- announced removal
    ADD COLUMN removal_at timestamptz;

CREATE TABLE recording_asset (
    stream_id text NOT NULL REFERENCES recording ON DELETE CASCADE,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'ready', 'failed')),
    progress real NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    -- digest of what it was made from and how; another digest: it is to be made again
    made_for text NOT NULL DEFAULT '',
    files jsonb NOT NULL DEFAULT '[]',
    details jsonb NOT NULL DEFAULT '{}',
    rev bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, kind)
);

CREATE TABLE recording_clip (
    token text PRIMARY KEY,
    stream_id text NOT NULL REFERENCES recording ON DELETE CASCADE,
    title text NOT NULL,
    -- on the whole recording's timeline, in 1/90000 s
    begin_90k bigint NOT NULL,
    end_90k bigint NOT NULL CHECK (end_90k > begin_90k),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recording_clip_stream ON recording_clip (stream_id, begin_90k);

-- The public log of removals. It outlives the recording.
CREATE TABLE recording_removal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id text NOT NULL UNIQUE,
    -- empty: whoever knows the stream says how it is called
    title text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    duration_s double precision NOT NULL,
    bytes bigint NOT NULL,
    -- `person` or `rule`
    decided_by text NOT NULL CHECK (decided_by IN ('person', 'rule')),
    -- the office or role that decided, for the public; the audit log names the account
    decided_as text NOT NULL,
    reason text NOT NULL,
    -- of the signed manifest: whoever kept a copy can still prove it
    manifest_sha256 text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    -- null: the files are being removed
    removed_at timestamptz
);

-- Copies in the S3 store. Rows outlive the recording until the copies are gone.
CREATE TABLE recording_stored (
    stream_id text NOT NULL,
    -- below the recording's folder: `0.mp4`, `assets/recording.mp4`
    name text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, name)
);
