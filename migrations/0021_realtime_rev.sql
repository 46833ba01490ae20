ALTER TABLE realtime_outbox ADD COLUMN rev bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN realtime_outbox.rev IS
    'Revision of the row that the event carries, 0 where it has none: transactions of two processes may be told in another '
    'order than they were made, and a newest-value room must not end with the older one';
