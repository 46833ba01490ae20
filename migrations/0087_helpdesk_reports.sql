-- What reports of the helpdesk read: tickets by the day they were done, clocks by the day they stopped.

CREATE INDEX ticket_done ON ticket ((coalesce(solved_at, closed_at))) WHERE state IN ('solved', 'closed');
CREATE INDEX ticket_clock_stopped ON ticket_clock (stopped_at) WHERE stopped_at IS NOT NULL;
