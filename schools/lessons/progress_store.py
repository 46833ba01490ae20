"""SQL of how far curriculum plans have come. Run inside a school."""

from app.database import Tx
from schools.lessons.model import PlanProgress

_PROGRESS = """
WITH held AS (
     SELECT coalesce(l.class_id, g.class_id) AS home_id, l.group_id, l.subject_id, l.topic, count(*) AS lessons
       FROM lesson l LEFT JOIN school_group g ON g.id = l.group_id
      WHERE l.year_id = $1 AND l.state <> 'void'
      GROUP BY 1, 2, 3, 4
), topics AS (
     SELECT p.subject_id, p.level, t.topic, sum(t.hours) AS hours
       FROM curriculum_plan p JOIN curriculum_topic t ON t.plan_id = p.id
      WHERE NOT p.archived GROUP BY p.subject_id, p.level, t.topic
), planned AS (SELECT subject_id, level, sum(hours) AS hours FROM topics GROUP BY subject_id, level)
SELECT concat_ws(' ', c.name, g.name) AS class_name, j.name AS subject, p.hours::integer AS planned,
       sum(h.lessons)::integer AS lessons,
       coalesce(sum(h.lessons) FILTER (WHERE h.topic = ''), 0)::integer AS without_topic,
       coalesce(sum(least(h.lessons, t.hours)) FILTER (WHERE t.hours IS NOT NULL), 0)::integer AS taught
  FROM held h
  JOIN school_class c ON c.id = h.home_id
  LEFT JOIN school_group g ON g.id = h.group_id
  JOIN subject j ON j.id = h.subject_id
  JOIN planned p ON p.subject_id = h.subject_id AND p.level = c.level
  LEFT JOIN topics t ON t.subject_id = h.subject_id AND t.level = c.level AND t.topic = h.topic
 WHERE $2::bigint IS NULL OR c.homeroom_id = $2 OR EXISTS (
       SELECT FROM teaching x WHERE x.staff_id = $2 AND x.subject_id = h.subject_id AND x.during @> school_today()
          AND (x.class_id = c.id OR x.group_id = h.group_id))
 GROUP BY c.id, g.id, j.id, p.hours
 ORDER BY c.level, c.letter, j.position, j.name, g.name NULLS FIRST
"""


async def progress(tx: Tx, year_id: int, staff_id: int | None) -> list[PlanProgress]:
    """Of each class or group and subject with a plan and a lesson; of one teacher's and homeroom's, or all."""
    return await tx.all(PlanProgress, _PROGRESS, year_id, staff_id)
