code();
