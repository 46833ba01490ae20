-- Words with a fleeting e («rolek», «haseł») are found by their other forms («rolka», «hasło») too, so what was indexed
-- before is to be stemmed anew: in the background, while people go on searching.
INSERT INTO ticket_words_stale (ticket_id) SELECT id FROM ticket ORDER BY id;
INSERT INTO council_search_stale (kind, source_id)
SELECT kind, source_id FROM council_search_source UNION SELECT kind, source_id FROM council_search_entry;
