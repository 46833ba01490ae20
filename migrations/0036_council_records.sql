-- What remains of sessions: the register of resolutions, interpellations, documents that are made of a session's facts.

-- The register of resolutions (rejestr uchwał).
CREATE TABLE council_resolution (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 40),
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
    passed_on    date NOT NULL,
    session_id   bigint REFERENCES council_session ON DELETE SET NULL,
    item_id      bigint REFERENCES agenda_item ON DELETE SET NULL,
    vote_id      bigint UNIQUE REFERENCES council_vote ON DELETE SET NULL,
    state        text NOT NULL DEFAULT 'in_force' CHECK (state IN ('in_force', 'repealed', 'annulled')),
    -- why it is not in force any more, for everybody
    remark       text NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    in_force_on  date,
    -- where the voivodeship's journal published it
    journal      text NOT NULL DEFAULT '' CHECK (length(journal) <= 200),
    replaced_by  bigint REFERENCES council_resolution,
    file_id      uuid REFERENCES file,
    rev          bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    changed_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (state = 'in_force' OR remark <> ''),
    CHECK (replaced_by <> id)
);
CREATE INDEX council_resolution_passed ON council_resolution (passed_on DESC, id DESC);
CREATE INDEX council_resolution_session ON council_resolution (session_id);
COMMENT ON COLUMN council_resolution.state IS 'in_force; repealed (uchylona) by the council; annulled (nieważna) by the supervision or a court';

-- Interpellations and questions (interpelacje i zapytania); the mayor answers within a time limit.
CREATE TABLE council_interpellation (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('interpellation', 'question')),
    councillor_id bigint NOT NULL REFERENCES councillor,
    session_id    bigint REFERENCES council_session ON DELETE SET NULL,
    title         text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    body          text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
    addressee     text NOT NULL CHECK (length(addressee) BETWEEN 1 AND 200),
    submitted_on  date NOT NULL,
    due_on        date NOT NULL CHECK (due_on >= submitted_on),
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'withdrawn')),
    answered_on   date,
    rev           bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'answered') = (answered_on IS NOT NULL))
);
CREATE INDEX council_interpellation_submitted ON council_interpellation (submitted_on DESC, id DESC);
CREATE INDEX council_interpellation_councillor ON council_interpellation (councillor_id);
CREATE INDEX council_interpellation_due ON council_interpellation (due_on) WHERE state = 'open';

CREATE TABLE council_answer (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    interpellation_id bigint NOT NULL REFERENCES council_interpellation ON DELETE CASCADE,
    author            text NOT NULL CHECK (length(author) BETWEEN 1 AND 200),
    body              text NOT NULL CHECK (length(body) BETWEEN 1 AND 40000),
    -- an answer that only says when the rest comes leaves the matter open
    final             boolean NOT NULL,
    answered_on       date NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX council_answer_interpellation ON council_answer (interpellation_id, id);

-- Documents made of a session's facts: minutes (protokół), named votes, attendance, a package for BIP.
CREATE TABLE council_document (
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('minutes', 'votes', 'attendance', 'package')),
    format     text NOT NULL CHECK (format IN ('pdf', 'docx', 'zip')),
    state      text NOT NULL CHECK (state IN ('queued', 'running', 'ready', 'failed')),
    progress   real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    -- digest of the facts it tells; another digest: it is out of date
    made_for   text NOT NULL DEFAULT '',
    file_id    uuid REFERENCES file,
    rev        bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, kind, format),
    CHECK (state <> 'ready' OR file_id IS NOT NULL)
);
