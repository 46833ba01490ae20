-- Simulcast: servers elsewhere that a stream is passed on to while it is on air.

CREATE TABLE media_target (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id text NOT NULL,
    name text NOT NULL,
    -- rtmp:// or rtmps://, without the key
    url text NOT NULL,
    -- AES-GCM under a key derived from the installation's secret; opens for this stream alone
    key_sealed bytea NOT NULL,
    -- whether it is sent to whenever the stream is on air
    enabled boolean NOT NULL DEFAULT true,
    rev integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX media_target_stream ON media_target (stream_id);
