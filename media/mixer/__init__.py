"""Host and guest in one picture, with the sound of both: a worker process that runs while a guest is on air."""
