-- Files people uploaded. The bytes lie in the file store under the same id; a feature refers to `file (id)` from its own
-- tables. A row without bytes cannot be (the bytes come first); bytes without a row are swept after a day.

CREATE TABLE file (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    type text NOT NULL,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_by bigint REFERENCES account (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX file_created_by ON file (created_by);
