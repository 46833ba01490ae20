-- Who people are: the organisational tree, accounts, roles, sessions, one-time links, throttle counters.

CREATE TABLE unit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id  bigint REFERENCES unit,
    kind       text NOT NULL CHECK (kind IN ('city', 'office', 'unit', 'school')),
    name       text NOT NULL CHECK (name <> ''),
    path       text NOT NULL UNIQUE,
    rev        integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'city') = (parent_id IS NULL)),
    UNIQUE (parent_id, name)
);
COMMENT ON COLUMN unit.path IS 'Dotted ids from the city down to this unit, for instance 1.4.17';
CREATE UNIQUE INDEX unit_only_one_city ON unit ((true)) WHERE parent_id IS NULL;
CREATE INDEX unit_below ON unit (path text_pattern_ops);

CREATE TABLE account (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login                text NOT NULL UNIQUE CHECK (login = lower(login)),
    email                text UNIQUE CHECK (email = lower(email)),
    name                 text NOT NULL CHECK (name <> ''),
    language             text NOT NULL DEFAULT 'pl',
    unit_id              bigint REFERENCES unit,
    password_hash        text,
    staff_grade          boolean NOT NULL DEFAULT false,
    must_change_password boolean NOT NULL DEFAULT false,
    totp_secret          bytea,
    totp_pending         bytea,
    totp_last_step       bigint NOT NULL DEFAULT 0,
    folded               text NOT NULL,
    disabled_at          timestamptz,
    signed_in_at         timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    rev                  integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN account.unit_id IS 'Home unit, whose administrator looks after the account; none for residents';
COMMENT ON COLUMN account.password_hash IS 'argon2id in PHC form; none until the first password is chosen';
COMMENT ON COLUMN account.staff_grade IS 'The password was chosen under the rule for staff; a resident who gets a staff role chooses anew';
COMMENT ON COLUMN account.totp_secret IS 'Sealed with AES-256-GCM: the key is not in the database';
COMMENT ON COLUMN account.totp_last_step IS 'Time step of the newest code that was accepted: older ones are replays';
COMMENT ON COLUMN account.folded IS 'Name, login and e-mail in lower case without diacritics, for searching';
CREATE INDEX account_in_unit ON account (unit_id);

CREATE TABLE role_grant (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    role       text NOT NULL,
    unit_id    bigint NOT NULL REFERENCES unit,
    granted_by bigint REFERENCES account ON DELETE SET NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    UNIQUE (account_id, role, unit_id)
);
CREATE INDEX role_grant_in_unit ON role_grant (unit_id);

CREATE VIEW active_grant AS
SELECT g.id, g.account_id, g.role, g.unit_id, g.granted_by, g.granted_at, g.expires_at,
       u.path AS unit_path, u.name AS unit_name
  FROM role_grant g
  JOIN unit u ON u.id = g.unit_id
 WHERE g.expires_at IS NULL OR g.expires_at > now();

CREATE TABLE recovery_code (
    account_id  bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    code_sha256 bytea NOT NULL CHECK (octet_length(code_sha256) = 32),
    used_at     timestamptz,
    PRIMARY KEY (account_id, code_sha256)
);

CREATE TABLE web_session (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    handle       text NOT NULL UNIQUE,
    account_id   bigint REFERENCES account ON DELETE CASCADE,
    data         jsonb NOT NULL DEFAULT '{}',
    idle_s       integer NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    address      text NOT NULL DEFAULT '',
    user_agent   text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN web_session.handle IS 'Public name of the session: it opens nothing and may stand in pages and rooms';
COMMENT ON COLUMN web_session.idle_s IS 'Ends when nothing was asked for so many seconds, at expires_at in any case';
CREATE INDEX web_session_of_account ON web_session (account_id);
CREATE INDEX web_session_expiry ON web_session (expires_at);

CREATE VIEW open_session AS
SELECT s.*
  FROM web_session s
  LEFT JOIN account a ON a.id = s.account_id
 WHERE s.expires_at > now()
   AND s.seen_at + make_interval(secs => s.idle_s) > now()
   AND a.disabled_at IS NULL;

CREATE TABLE one_time_token (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    purpose      text NOT NULL CHECK (purpose IN ('reset', 'invite', 'register')),
    account_id   bigint REFERENCES account ON DELETE CASCADE,
    email        text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    CHECK ((purpose = 'register') = (account_id IS NULL))
);
CREATE INDEX one_time_token_of_account ON one_time_token (account_id);

-- Unlogged: counters that a crash forgets do no harm, and no attempt waits for the disk.
CREATE UNLOGGED TABLE throttle (
    key     text PRIMARY KEY,
    level   double precision NOT NULL,
    allowed boolean NOT NULL,
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE throttle IS 'Leaky buckets: level is what is in, allowed says whether the newest attempt still fitted';
CREATE INDEX throttle_seen ON throttle (seen_at);
