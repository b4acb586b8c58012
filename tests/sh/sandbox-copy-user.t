#!/bin/bash
# The same in user mode.
RIG_MODE=user RIG_WORKTREE=copy exec "$BUILD/tests/sandbox_test"
