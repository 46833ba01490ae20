"""What schools work with: register, timetable, secretariat, diary. Its features come with their issues."""
