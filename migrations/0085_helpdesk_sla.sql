-- Service levels: when somebody works, what is promised to whom, the clocks of each ticket, and what was told of them.

CREATE TABLE sla_calendar (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    country text NOT NULL DEFAULT 'PL' CHECK (country ~ '^([A-Z]{2})?$'),
    rev     integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX sla_calendar_name ON sla_calendar (lower(name));
COMMENT ON COLUMN sla_calendar.country IS 'Whose public holidays are free (ISO 3166); empty: none is';

CREATE TABLE sla_calendar_week (
    calendar_id bigint NOT NULL REFERENCES sla_calendar ON DELETE CASCADE,
    since       date NOT NULL,
    hours       jsonb NOT NULL CHECK (jsonb_array_length(hours) = 7),
    PRIMARY KEY (calendar_id, since)
);
COMMENT ON COLUMN sla_calendar_week.hours IS 'Monday first; of each day spans [opens, closes] in minutes of the local day';

CREATE TABLE sla_calendar_day (
    calendar_id bigint NOT NULL REFERENCES sla_calendar ON DELETE CASCADE,
    day         date NOT NULL,
    hours       jsonb NOT NULL,
    why         text NOT NULL DEFAULT '' CHECK (length(why) <= 120),
    PRIMARY KEY (calendar_id, day)
);
COMMENT ON TABLE sla_calendar_day IS 'Overrules week and holidays: no spans on a day that is closed, spans on a Saturday that is worked off';

CREATE TABLE sla_agreement (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    calendar_id  bigint NOT NULL REFERENCES sla_calendar,
    everyone     boolean NOT NULL DEFAULT false,
    warn_percent smallint NOT NULL DEFAULT 75 CHECK (warn_percent BETWEEN 1 AND 100),
    escalate_min integer[] NOT NULL DEFAULT '{}',
    paused_by    text[] NOT NULL DEFAULT '{requester,approval,parts,supplier,planned}'
                 CHECK (paused_by <@ ARRAY['requester', 'approval', 'parts', 'supplier', 'planned']),
    rev          integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX sla_agreement_name ON sla_agreement (lower(name));
CREATE UNIQUE INDEX sla_agreement_everyone ON sla_agreement (everyone) WHERE everyone;
COMMENT ON COLUMN sla_agreement.everyone IS 'Of all units that have no other; there is one';
COMMENT ON COLUMN sla_agreement.warn_percent IS 'Share of the target after which it is warned; 100: never';
COMMENT ON COLUMN sla_agreement.escalate_min IS 'Working minutes after a target was missed, one for each escalation';
COMMENT ON COLUMN sla_agreement.paused_by IS 'Reasons for waiting that stop the clocks';

CREATE TABLE sla_agreement_unit (
    unit_id      bigint PRIMARY KEY REFERENCES unit ON DELETE CASCADE,
    agreement_id bigint NOT NULL REFERENCES sla_agreement ON DELETE CASCADE
);
CREATE INDEX sla_agreement_unit_of ON sla_agreement_unit (agreement_id);
COMMENT ON TABLE sla_agreement_unit IS 'Holds for the unit and all below it that have none of their own';

CREATE TABLE sla_target (
    agreement_id bigint NOT NULL REFERENCES sla_agreement ON DELETE CASCADE,
    priority     smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    response_min integer CHECK (response_min BETWEEN 1 AND 96000),
    solution_min integer CHECK (solution_min BETWEEN 1 AND 96000),
    PRIMARY KEY (agreement_id, priority)
);
COMMENT ON TABLE sla_target IS 'Working minutes; none: nothing is promised';

CREATE TABLE ticket_sla (
    ticket_id    bigint PRIMARY KEY REFERENCES ticket ON DELETE CASCADE,
    queue_id     bigint NOT NULL REFERENCES helpdesk_queue ON DELETE CASCADE,
    agreement_id bigint REFERENCES sla_agreement ON DELETE SET NULL,
    open         boolean NOT NULL,
    rev          bigint NOT NULL DEFAULT 1
);
CREATE INDEX ticket_sla_open ON ticket_sla (queue_id, ticket_id) WHERE open;
CREATE INDEX ticket_sla_agreement ON ticket_sla (agreement_id) WHERE open;
COMMENT ON COLUMN ticket_sla.queue_id IS 'In whose room its clocks were told last';

CREATE TABLE ticket_clock (
    ticket_id  bigint NOT NULL REFERENCES ticket_sla ON DELETE CASCADE,
    measure    text NOT NULL CHECK (measure IN ('response', 'solution')),
    target_min integer NOT NULL,
    started_at timestamptz NOT NULL,
    stopped_at timestamptz,
    paused     boolean NOT NULL,
    used_s     double precision NOT NULL,
    counted_at timestamptz NOT NULL,
    warn_at    timestamptz,
    due_at     timestamptz,
    late_at    timestamptz,
    kept       boolean,
    runs       jsonb NOT NULL,
    steps      jsonb NOT NULL,
    next_at    timestamptz,
    PRIMARY KEY (ticket_id, measure),
    CHECK ((stopped_at IS NULL) = (kept IS NULL))
);
CREATE INDEX ticket_clock_next ON ticket_clock (next_at) WHERE next_at IS NOT NULL;
COMMENT ON COLUMN ticket_clock.used_s IS 'Working time until counted_at, or until it stopped';
COMMENT ON COLUMN ticket_clock.late_at IS 'Work goes on and the target is used up; later than due_at where that is a closing time';
COMMENT ON COLUMN ticket_clock.runs IS 'Spans of working time from counted_at to due_at, [from, until] in Unix seconds: pages count with them';
COMMENT ON COLUMN ticket_clock.steps IS 'What is told when: {kind, level, at}';
COMMENT ON COLUMN ticket_clock.next_at IS 'When the first step comes that was not told';

CREATE TABLE ticket_alarm (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id  bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    measure    text NOT NULL CHECK (measure IN ('response', 'solution')),
    kind       text NOT NULL CHECK (kind IN ('warning', 'late', 'escalation')),
    level      smallint NOT NULL,
    target_min integer NOT NULL,
    at         timestamptz NOT NULL,
    told_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    quiet      boolean NOT NULL,
    UNIQUE (ticket_id, measure, kind, level, target_min)
);
COMMENT ON TABLE ticket_alarm IS 'What was told of a clock: once for each target, however often a ticket waits and goes on';
COMMENT ON COLUMN ticket_alarm.level IS 'Of an escalation: 1, 2 …; else 0';
COMMENT ON COLUMN ticket_alarm.quiet IS 'It lay behind already when the target came to hold (a changed agreement, an imported ticket): nobody was told';

-- Tickets whose clocks must be counted anew. A row for each change, never one for two: who takes it away has read the
-- ticket after it, and nobody waits for anybody.
CREATE TABLE sla_mark (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL,
    quiet     boolean NOT NULL DEFAULT false,
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sla_mark_ticket ON sla_mark (ticket_id);
COMMENT ON COLUMN sla_mark.quiet IS 'What lies behind by now is not told';

CREATE FUNCTION mark_ticket_clocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sla_mark (ticket_id, quiet)
    VALUES (NEW.id, TG_OP = 'INSERT' AND NEW.sent_at < clock_timestamp() - interval '1 hour');
    RETURN NULL;
END
$$;
CREATE TRIGGER ticket_clocks_made AFTER INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION mark_ticket_clocks();
CREATE TRIGGER ticket_clocks_changed
    AFTER UPDATE OF state, pending_reason, priority, unit_id, queue_id, first_reply_at, solved_at, closed_at, sent_at, source
    ON ticket FOR EACH ROW
    WHEN ((OLD.state, OLD.pending_reason, OLD.priority, OLD.unit_id, OLD.queue_id, OLD.first_reply_at, OLD.solved_at,
           OLD.closed_at, OLD.sent_at, OLD.source)
          IS DISTINCT FROM
          (NEW.state, NEW.pending_reason, NEW.priority, NEW.unit_id, NEW.queue_id, NEW.first_reply_at, NEW.solved_at,
           NEW.closed_at, NEW.sent_at, NEW.source))
    EXECUTE FUNCTION mark_ticket_clocks();

-- Something to begin with; the lead changes it.
INSERT INTO sla_calendar (name) VALUES ('Godziny pracy');
INSERT INTO sla_calendar_week (calendar_id, since, hours)
SELECT id, '2000-01-01', '[[[450, 930]], [[450, 930]], [[450, 930]], [[450, 930]], [[450, 930]], [], []]' FROM sla_calendar;
INSERT INTO sla_agreement (name, calendar_id, everyone, escalate_min) SELECT 'Wszyscy', id, true, '{120}' FROM sla_calendar;
INSERT INTO sla_target (agreement_id, priority, response_min, solution_min)
SELECT a.id, t.priority, t.response_min, t.solution_min
  FROM sla_agreement a,
       (VALUES (4, 30, 240), (3, 60, 480), (2, 240, 1440), (1, 480, 4800)) AS t (priority, response_min, solution_min);
INSERT INTO sla_mark (ticket_id, quiet) SELECT id, true FROM ticket;
