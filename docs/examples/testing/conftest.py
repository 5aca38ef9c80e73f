pytest_plugins = ["pytest_lockstep"]
