"""What the schools' layer consists of: the contents page of this folder, in the order in which its parts start."""

import schools.bar.feature
import schools.dashboard.feature
import schools.diary.feature
import schools.grades.feature
import schools.lessons.feature
import schools.messages.feature
import schools.register.feature
import schools.reports.feature
import schools.retention.feature
import schools.secretariat.feature
import schools.structure.feature
import schools.timetable.days.feature
import schools.timetable.drafts.feature
import schools.timetable.feature
import schools.timetable.feeds.feature
import schools.timetable.imports.feature
import schools.timetable.substitutions.feature
import schools.timetable.weeks.feature
from app.feature import Feature

FEATURES: tuple[Feature, ...] = (
    schools.structure.feature.FEATURE,
    schools.timetable.feature.FEATURE,
    schools.register.feature.FEATURE,
    schools.lessons.feature.FEATURE,
    schools.secretariat.feature.FEATURE,
    schools.grades.feature.FEATURE,
    schools.timetable.substitutions.feature.FEATURE,
    schools.timetable.drafts.feature.FEATURE,
    schools.timetable.imports.feature.FEATURE,
    schools.timetable.weeks.feature.FEATURE,
    schools.timetable.days.feature.FEATURE,
    schools.dashboard.feature.FEATURE,
    schools.timetable.feeds.feature.FEATURE,
    schools.diary.feature.FEATURE,
    schools.messages.feature.FEATURE,
    schools.reports.feature.FEATURE,
    schools.retention.feature.FEATURE,
    schools.bar.feature.FEATURE,
)
