-- Recordings: what the writer put on the disk, and where each segment lies in it. The bytes are in files.

CREATE TABLE recording (
    stream_id text PRIMARY KEY,
    began_at timestamptz NOT NULL,
    -- null: the stream may go on
    ended_at timestamptz,
    -- what its playlists promised, for all its life
    part_ms integer NOT NULL,
    segment_s double precision NOT NULL,
    target_s integer NOT NULL,
    -- no lower media sequence number may be given out again
    next_msn bigint NOT NULL DEFAULT 1,
    next_take integer NOT NULL DEFAULT 0
);
CREATE INDEX recording_open ON recording (began_at) WHERE ended_at IS NULL;

CREATE TABLE recording_take (
    stream_id text NOT NULL REFERENCES recording ON DELETE CASCADE,
    number integer NOT NULL,
    began_at timestamptz NOT NULL,
    tracks jsonb NOT NULL,
    init_bytes integer NOT NULL,
    PRIMARY KEY (stream_id, number)
);

CREATE TABLE recording_segment (
    stream_id text NOT NULL,
    msn bigint NOT NULL,
    take integer NOT NULL,
    byte_offset bigint NOT NULL,
    byte_length integer NOT NULL,
    began_at timestamptz NOT NULL,
    -- 1/90000 s: on the recording's timeline (gaps left out), and on the take's
    position_90k bigint NOT NULL,
    dts_90k bigint NOT NULL,
    duration_90k bigint NOT NULL,
    independent boolean NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (stream_id, msn),
    FOREIGN KEY (stream_id, take) REFERENCES recording_take ON DELETE CASCADE
);
