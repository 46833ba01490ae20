"""Live meetings: a stream with questions, polls, raised hands and chat, which all play back with its recording."""
