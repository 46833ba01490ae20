-- Tickets: what somebody needs, what was said about it, and what became of it.

CREATE TABLE ticket (
    id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) PRIMARY KEY,
    subject         text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    source          text NOT NULL CHECK (source IN ('form', 'qr', 'mail', 'phone', 'api', 'split')),
    requester_id    bigint REFERENCES account ON DELETE SET NULL,
    requester_name  text NOT NULL CHECK (length(requester_name) BETWEEN 1 AND 200),
    requester_email text CHECK (requester_email = lower(requester_email)),
    requester_phone text NOT NULL DEFAULT '' CHECK (length(requester_phone) <= 40),
    entered_by      bigint REFERENCES account ON DELETE SET NULL,
    unit_id         bigint REFERENCES unit ON DELETE SET NULL,
    room            text NOT NULL DEFAULT '' CHECK (length(room) <= 80),
    device_id       bigint REFERENCES device ON DELETE SET NULL,
    category_id     bigint REFERENCES helpdesk_category ON DELETE SET NULL,
    service_id      bigint REFERENCES helpdesk_service ON DELETE SET NULL,
    details         jsonb NOT NULL DEFAULT '{}',
    queue_id        bigint NOT NULL REFERENCES helpdesk_queue,
    team_id         bigint REFERENCES helpdesk_team ON DELETE SET NULL,
    assignee_id     bigint REFERENCES account ON DELETE SET NULL,
    impact          smallint NOT NULL CHECK (impact BETWEEN 1 AND 3),
    urgency         smallint NOT NULL CHECK (urgency BETWEEN 1 AND 3),
    priority        smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    priority_set    boolean NOT NULL DEFAULT false,
    state           text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'open', 'pending', 'solved', 'closed', 'merged')),
    pending_reason  text CHECK (pending_reason IN ('requester', 'approval', 'parts', 'supplier', 'planned')),
    pending_until   timestamptz,
    parent_id       bigint REFERENCES ticket ON DELETE SET NULL,
    merged_into_id  bigint REFERENCES ticket,
    split_from_id   bigint REFERENCES ticket ON DELETE SET NULL,
    sent_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    first_reply_at  timestamptz,
    last_entry_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    waits_for_us    boolean NOT NULL DEFAULT true,
    solved_at       timestamptz,
    closed_at       timestamptz,
    spent_minutes   integer NOT NULL DEFAULT 0 CHECK (spent_minutes >= 0),
    rating          smallint CHECK (rating BETWEEN 1 AND 5),
    rating_note     text NOT NULL DEFAULT '' CHECK (length(rating_note) <= 1000),
    rated_at        timestamptz,
    sent_key        text,
    field_revs      jsonb NOT NULL DEFAULT '{}',
    rev             bigint NOT NULL DEFAULT 1,
    UNIQUE (requester_id, sent_key),
    CHECK ((state = 'pending') = (pending_reason IS NOT NULL)),
    CHECK ((state = 'merged') = (merged_into_id IS NOT NULL)),
    CHECK (pending_until IS NULL OR state = 'pending'),
    CHECK (parent_id <> id AND merged_into_id <> id)
);
COMMENT ON COLUMN ticket.id IS 'What people read out is this with a check digit: portals/helpdesk/numbers.py';
COMMENT ON COLUMN ticket.requester_name IS 'As it was when the ticket was sent; accounts are renamed and erased';
COMMENT ON COLUMN ticket.entered_by IS 'The agent who wrote down what somebody said on the phone';
COMMENT ON COLUMN ticket.details IS 'Values of the category''s own fields by key';
COMMENT ON COLUMN ticket.priority_set IS 'Somebody chose the priority by hand: impact and urgency change it no more';
COMMENT ON COLUMN ticket.waits_for_us IS 'The last public word is the requester''s';
COMMENT ON COLUMN ticket.sent_key IS 'Made by the page, so that what is sent twice is taken once';
COMMENT ON COLUMN ticket.field_revs IS 'Field → rev of the ticket at its last change; a field that is missing has not changed since it was sent';
CREATE INDEX ticket_open ON ticket (queue_id, priority DESC, id) WHERE state IN ('new', 'open', 'pending');
CREATE INDEX ticket_in_queue ON ticket (queue_id, state, id DESC);
CREATE INDEX ticket_of_requester ON ticket (requester_id, id DESC);
CREATE INDEX ticket_of_email ON ticket (requester_email, id DESC) WHERE requester_email IS NOT NULL;
CREATE INDEX ticket_of_assignee ON ticket (assignee_id, id DESC) WHERE assignee_id IS NOT NULL;
CREATE INDEX ticket_of_unit ON ticket (unit_id, id DESC) WHERE unit_id IS NOT NULL;
CREATE INDEX ticket_of_device ON ticket (device_id, id DESC) WHERE device_id IS NOT NULL;
CREATE INDEX ticket_below ON ticket (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX ticket_merged ON ticket (merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX ticket_solved ON ticket (solved_at) WHERE state = 'solved';
CREATE INDEX ticket_sent ON ticket (sent_at);
CREATE INDEX ticket_category ON ticket (category_id, id DESC) WHERE category_id IS NOT NULL;

-- Each span of a state: what pauses clocks, and how long things took. The newest has no end.
CREATE TABLE ticket_span (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id      bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    state          text NOT NULL,
    pending_reason text,
    begun_at       timestamptz NOT NULL,
    ended_at       timestamptz,
    CHECK (ended_at >= begun_at)
);
CREATE INDEX ticket_span_of ON ticket_span (ticket_id, id);
CREATE UNIQUE INDEX ticket_span_running ON ticket_span (ticket_id) WHERE ended_at IS NULL;

CREATE TABLE ticket_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id   bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('reply', 'note', 'event')),
    public      boolean NOT NULL,
    by_staff    boolean NOT NULL,
    author_id   bigint REFERENCES account ON DELETE SET NULL,
    author_name text NOT NULL DEFAULT '',
    source      text NOT NULL DEFAULT 'form' CHECK (source IN ('form', 'qr', 'mail', 'phone', 'api', 'split', 'system')),
    text        text NOT NULL DEFAULT '' CHECK (length(text) <= 50000),
    verb        text NOT NULL DEFAULT '',
    changes     jsonb NOT NULL DEFAULT '[]',
    mentions    bigint[] NOT NULL DEFAULT '{}',
    minutes     integer NOT NULL DEFAULT 0 CHECK (minutes >= 0),
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((kind = 'event') = (verb <> '')),
    CHECK (kind <> 'reply' OR public),
    CHECK (kind <> 'note' OR NOT public)
);
COMMENT ON TABLE ticket_entry IS 'Written once and never changed';
COMMENT ON COLUMN ticket_entry.text IS 'Markdown, as it was written';
COMMENT ON COLUMN ticket_entry.by_staff IS 'Said by the helpdesk, not by the requester''s side';
COMMENT ON COLUMN ticket_entry.changes IS 'Of an event: [{field, old, new}], in words of that moment';
COMMENT ON COLUMN ticket_entry.minutes IS 'Time spent that was written down with it';
CREATE INDEX ticket_entry_of ON ticket_entry (ticket_id, id);

CREATE TABLE ticket_entry_file (
    entry_id bigint NOT NULL REFERENCES ticket_entry ON DELETE CASCADE,
    place    smallint NOT NULL,
    file_id  uuid NOT NULL REFERENCES file,
    PRIMARY KEY (entry_id, place)
);
CREATE INDEX ticket_entry_file_file ON ticket_entry_file (file_id);

CREATE TABLE ticket_watcher (
    ticket_id  bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    why        text NOT NULL CHECK (why IN ('asked', 'mentioned', 'merged', 'approver')),
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket_id, account_id)
);
CREATE INDEX ticket_watcher_account ON ticket_watcher (account_id);

-- How far an account has read: unread marks in lists.
CREATE TABLE ticket_seen (
    ticket_id  bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    entry_id   bigint NOT NULL,
    PRIMARY KEY (ticket_id, account_id)
);
CREATE INDEX ticket_seen_account ON ticket_seen (account_id);

CREATE TABLE ticket_relation (
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    other_id  bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    PRIMARY KEY (ticket_id, other_id),
    CHECK (ticket_id < other_id)
);
COMMENT ON TABLE ticket_relation IS 'Two tickets that have to do with each other; each pair once';
CREATE INDEX ticket_relation_other ON ticket_relation (other_id);

CREATE TABLE ticket_approval (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id   bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    approver_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    asked_by    bigint REFERENCES account ON DELETE SET NULL,
    question    text NOT NULL DEFAULT '' CHECK (length(question) <= 1000),
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'granted', 'refused', 'withdrawn')),
    answer      text NOT NULL DEFAULT '' CHECK (length(answer) <= 1000),
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_at  timestamptz,
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX ticket_approval_of ON ticket_approval (ticket_id, id);
CREATE UNIQUE INDEX ticket_approval_waiting ON ticket_approval (ticket_id, approver_id) WHERE state = 'waiting';
CREATE INDEX ticket_approval_approver ON ticket_approval (approver_id) WHERE state = 'waiting';

CREATE TABLE ticket_check (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    text      text NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
    done_by   bigint REFERENCES account ON DELETE SET NULL,
    done_name text NOT NULL DEFAULT '',
    done_at   timestamptz
);
CREATE INDEX ticket_check_of ON ticket_check (ticket_id, id);

-- Tickets with the names that lists and pages show: what portals/helpdesk/model.py calls Ticket.
CREATE VIEW ticket_row AS
SELECT t.id, t.subject, t.source, t.requester_id, t.requester_name, t.requester_email, t.requester_phone, t.entered_by,
       t.unit_id, coalesce(k.short_name, u.name, '') AS unit_name, t.room,
       t.device_id, coalesce(d.inventory_number, '') AS device_label,
       t.category_id, coalesce(c.name, '') AS category_name, t.service_id, coalesce(s.name, '') AS service_name, t.details,
       t.queue_id, q.name AS queue_name, t.team_id, coalesce(m.name, '') AS team_name,
       t.assignee_id, coalesce(a.name, '') AS assignee_name,
       t.impact, t.urgency, t.priority, t.priority_set, t.state, t.pending_reason, t.pending_until,
       t.parent_id, t.merged_into_id, t.split_from_id, t.sent_at, t.first_reply_at, t.last_entry_at, t.waits_for_us,
       t.solved_at, t.closed_at, t.spent_minutes, t.rating, t.rating_note, t.rated_at, t.field_revs, t.rev
  FROM ticket t
  JOIN helpdesk_queue q ON q.id = t.queue_id
  LEFT JOIN unit u ON u.id = t.unit_id
  LEFT JOIN unit_card k ON k.unit_id = t.unit_id
  LEFT JOIN device d ON d.id = t.device_id
  LEFT JOIN helpdesk_category c ON c.id = t.category_id
  LEFT JOIN helpdesk_service s ON s.id = t.service_id
  LEFT JOIN helpdesk_team m ON m.id = t.team_id
  LEFT JOIN account a ON a.id = t.assignee_id;
