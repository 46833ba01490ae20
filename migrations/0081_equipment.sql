-- The inventory: devices of offices and schools, what became of each, their labels, imports, and the schools' Wi-Fi.

CREATE TABLE device_model (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind  text NOT NULL CHECK (kind IN ('laptop', 'computer', 'monitor', 'projector', 'board', 'tablet', 'printer',
                                        'access_point', 'switch', 'phone', 'other')),
    maker text NOT NULL DEFAULT '' CHECK (length(maker) <= 80),
    name  text NOT NULL CHECK (length(name) BETWEEN 1 AND 120)
);
CREATE UNIQUE INDEX device_model_name ON device_model (kind, lower(maker), lower(name));

CREATE SEQUENCE device_number AS integer;
COMMENT ON SEQUENCE device_number IS 'Runs through all devices; a label is a number of it with a check digit';

CREATE TABLE device (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inventory_number text NOT NULL UNIQUE CHECK (inventory_number ~ '^[0-9]{6,10}$'),
    asset_number     text NOT NULL DEFAULT '' CHECK (length(asset_number) <= 60),
    model_id         bigint NOT NULL REFERENCES device_model,
    serial           text NOT NULL DEFAULT '' CHECK (length(serial) <= 80),
    unit_id          bigint NOT NULL REFERENCES unit_card,
    room             text NOT NULL DEFAULT '' CHECK (length(room) <= 40),
    state            text NOT NULL DEFAULT 'in_use'
                     CHECK (state IN ('in_use', 'spare', 'in_repair', 'scrapped', 'lost')),
    assigned_to      text NOT NULL DEFAULT '' CHECK (length(assigned_to) <= 120),
    account_id       bigint REFERENCES account ON DELETE SET NULL,
    bought           date,
    warranty_until   date,
    note             text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    mac              text UNIQUE CHECK (mac ~ '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'),
    channel          smallint CHECK (channel BETWEEN 1 AND 233),
    seen_at          timestamptz,
    folded           text NOT NULL DEFAULT '',
    rev              integer NOT NULL DEFAULT 1,
    made_at          timestamptz NOT NULL DEFAULT now(),
    CHECK (warranty_until >= bought)
);
CREATE UNIQUE INDEX device_serial ON device (upper(serial)) WHERE serial <> '';
CREATE INDEX device_in_unit ON device (unit_id);
CREATE INDEX device_of_model ON device (model_id);
CREATE INDEX device_of_account ON device (account_id) WHERE account_id IS NOT NULL;
COMMENT ON COLUMN device.inventory_number IS 'What the label says: digits, the last one a check digit (Damm)';
COMMENT ON COLUMN device.asset_number IS 'Number in the books of the unit, of whatever form they have';
COMMENT ON COLUMN device.assigned_to IS 'Who has it, in words: a person, a class, a trolley';
COMMENT ON COLUMN device.account_id IS 'The same person''s account, where there is one';
COMMENT ON COLUMN device.seen_at IS 'When a Wi-Fi controller last reported it; access points only';
COMMENT ON COLUMN device.folded IS 'Numbers, model, room and person in lower case without diacritics, for searching';

CREATE VIEW device_row AS
SELECT d.id, d.inventory_number, d.asset_number, m.kind, d.model_id, m.maker, m.name AS model, d.serial, d.unit_id,
       u.short_name AS unit_name, u.path AS unit_path, d.room, d.state, d.assigned_to, d.account_id, d.bought,
       d.warranty_until, d.note, d.mac, d.channel, d.seen_at, d.rev
  FROM device d
  JOIN device_model m ON m.id = d.model_id
  JOIN organisation_unit u ON u.id = d.unit_id;

CREATE TABLE device_batch (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what     text NOT NULL CHECK (what IN ('move', 'import')),
    count    integer NOT NULL CHECK (count > 0),
    made_by  bigint REFERENCES account ON DELETE SET NULL,
    made_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at timestamptz
);
COMMENT ON TABLE device_batch IS 'Many devices changed by one action, which may be taken back as one';

CREATE TABLE device_change (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id  bigint NOT NULL REFERENCES device ON DELETE CASCADE,
    cause      text NOT NULL CHECK (cause IN ('made', 'edit', 'import', 'move', 'undo', 'report')),
    changes    jsonb NOT NULL,
    rev        integer NOT NULL,
    batch_id   bigint REFERENCES device_batch,
    account_id bigint REFERENCES account ON DELETE SET NULL,
    by_name    text NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX device_change_of ON device_change (device_id, id);
CREATE INDEX device_change_in_batch ON device_change (batch_id) WHERE batch_id IS NOT NULL;
COMMENT ON COLUMN device_change.changes IS 'Field → [was, is] as they are stored: ids of units and models, ISO dates, null for nothing';
COMMENT ON COLUMN device_change.rev IS 'Of the device after it';

CREATE TABLE device_import (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_name text NOT NULL,
    content   bytea,
    made_by   bigint REFERENCES account ON DELETE CASCADE,
    made_at   timestamptz NOT NULL DEFAULT now(),
    done_at   timestamptz,
    batch_id  bigint REFERENCES device_batch,
    report    jsonb
);
COMMENT ON COLUMN device_import.content IS 'Kept until somebody has decided';
COMMENT ON COLUMN device_import.report IS 'What was done: counts, and the lines that were left out with their reasons';

CREATE TABLE wifi_key (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    label      text NOT NULL CHECK (length(label) BETWEEN 1 AND 80),
    key_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(key_sha256) = 32),
    made_by    bigint REFERENCES account ON DELETE SET NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE wifi_key IS 'With such a key a Wi-Fi controller reports which access points it sees, and nothing else';
