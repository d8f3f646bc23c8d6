raise RuntimeError("no use")
