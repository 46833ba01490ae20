-- A lesson without a plan that was opened by mistake can be taken back (state 'void'), and opened again afterwards.

DROP INDEX lesson_without_entry;
CREATE UNIQUE INDEX lesson_without_entry ON lesson (on_date, period, staff_id, subject_id, class_id, group_id)
    NULLS NOT DISTINCT WHERE entry_id IS NULL AND state <> 'void';
