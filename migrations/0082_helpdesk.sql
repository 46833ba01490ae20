-- How the helpdesk is set up: teams and their queues, services, categories with fields of their own, rules that route,
-- the priority of impact and urgency, canned replies, templates.

CREATE TABLE helpdesk_team (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
    active boolean NOT NULL DEFAULT true,
    rev    integer NOT NULL DEFAULT 1
);

CREATE TABLE helpdesk_team_member (
    team_id    bigint NOT NULL REFERENCES helpdesk_team ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    PRIMARY KEY (team_id, account_id)
);
CREATE INDEX helpdesk_team_member_account ON helpdesk_team_member (account_id);

CREATE TABLE helpdesk_queue (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
    place       smallint NOT NULL DEFAULT 100,
    active      boolean NOT NULL DEFAULT true,
    rev         integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN helpdesk_queue.place IS 'Order; the first active one takes what no rule and no category routes';

CREATE TABLE helpdesk_queue_team (
    queue_id bigint NOT NULL REFERENCES helpdesk_queue ON DELETE CASCADE,
    team_id  bigint NOT NULL REFERENCES helpdesk_team ON DELETE CASCADE,
    PRIMARY KEY (queue_id, team_id)
);
CREATE INDEX helpdesk_queue_team_team ON helpdesk_queue_team (team_id);

CREATE TABLE helpdesk_service (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 500),
    active      boolean NOT NULL DEFAULT true,
    rev         integer NOT NULL DEFAULT 1
);

CREATE TABLE helpdesk_category (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
    hint       text NOT NULL DEFAULT '' CHECK (length(hint) <= 300),
    icon       text NOT NULL DEFAULT 'help' CHECK (icon ~ '^[a-z0-9-]{1,40}$'),
    place      smallint NOT NULL DEFAULT 100,
    queue_id   bigint REFERENCES helpdesk_queue ON DELETE SET NULL,
    service_id bigint REFERENCES helpdesk_service ON DELETE SET NULL,
    impact     smallint NOT NULL DEFAULT 1 CHECK (impact BETWEEN 1 AND 3),
    urgency    smallint NOT NULL DEFAULT 2 CHECK (urgency BETWEEN 1 AND 3),
    device     text NOT NULL DEFAULT 'may' CHECK (device IN ('no', 'may', 'must')),
    approval   text NOT NULL DEFAULT 'none' CHECK (approval IN ('none', 'head')),
    fields     jsonb NOT NULL DEFAULT '[]',
    checklist  jsonb NOT NULL DEFAULT '[]',
    active     boolean NOT NULL DEFAULT true,
    rev        integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN helpdesk_category.fields IS 'What is asked besides: CategoryField of portals/helpdesk/model.py';
COMMENT ON COLUMN helpdesk_category.checklist IS 'Texts of the checklist that each ticket of this category gets';
COMMENT ON COLUMN helpdesk_category.approval IS 'head: a head of the requester''s unit is asked as soon as it is sent';

CREATE TABLE helpdesk_rule (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place       smallint NOT NULL DEFAULT 100,
    category_id bigint REFERENCES helpdesk_category ON DELETE CASCADE,
    unit_id     bigint REFERENCES unit ON DELETE CASCADE,
    words       text[] NOT NULL DEFAULT '{}',
    queue_id    bigint NOT NULL REFERENCES helpdesk_queue ON DELETE CASCADE,
    team_id     bigint REFERENCES helpdesk_team ON DELETE SET NULL,
    priority    smallint CHECK (priority BETWEEN 1 AND 4),
    active      boolean NOT NULL DEFAULT true,
    rev         integer NOT NULL DEFAULT 1,
    CHECK (category_id IS NOT NULL OR unit_id IS NOT NULL OR words <> '{}')
);
COMMENT ON TABLE helpdesk_rule IS 'In order of place; the first one whose conditions all hold decides';
COMMENT ON COLUMN helpdesk_rule.unit_id IS 'This unit or one below it';
COMMENT ON COLUMN helpdesk_rule.words IS 'One of them begins a word of subject or text, whatever its letters'' marks';

CREATE TABLE helpdesk_priority (
    impact   smallint CHECK (impact BETWEEN 1 AND 3),
    urgency  smallint CHECK (urgency BETWEEN 1 AND 3),
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    PRIMARY KEY (impact, urgency)
);
COMMENT ON TABLE helpdesk_priority IS 'Impact 1 a person, 2 a unit, 3 many units; urgency 1 can wait, 2 soon, 3 nothing works; priority 1 low … 4 critical';
INSERT INTO helpdesk_priority VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 1, 2), (2, 2, 3), (2, 3, 3), (3, 1, 2), (3, 2, 3), (3, 3, 4);

CREATE TABLE helpdesk_canned_reply (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title    text NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
    text     text NOT NULL CHECK (length(text) BETWEEN 1 AND 10000),
    queue_id bigint REFERENCES helpdesk_queue ON DELETE CASCADE,
    owner_id bigint REFERENCES account ON DELETE CASCADE,
    active   boolean NOT NULL DEFAULT true,
    rev      integer NOT NULL DEFAULT 1
);
COMMENT ON COLUMN helpdesk_canned_reply.queue_id IS 'Offered in this queue only; none: in all';
COMMENT ON COLUMN helpdesk_canned_reply.owner_id IS 'An agent''s own one; none: everybody''s';

CREATE TABLE helpdesk_template (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
    category_id bigint REFERENCES helpdesk_category ON DELETE CASCADE,
    subject     text NOT NULL DEFAULT '' CHECK (length(subject) <= 200),
    text        text NOT NULL DEFAULT '' CHECK (length(text) <= 20000),
    impact      smallint NOT NULL DEFAULT 1 CHECK (impact BETWEEN 1 AND 3),
    urgency     smallint NOT NULL DEFAULT 2 CHECK (urgency BETWEEN 1 AND 3),
    active      boolean NOT NULL DEFAULT true,
    rev         integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE helpdesk_template IS 'What an agent on the phone fills in with one press';

-- So that a fresh installation takes tickets before anybody has set it up.
INSERT INTO helpdesk_team (name) VALUES ('Helpdesk');
INSERT INTO helpdesk_queue (name, place) VALUES ('Helpdesk', 1);
INSERT INTO helpdesk_queue_team SELECT q.id, t.id FROM helpdesk_queue q, helpdesk_team t;
