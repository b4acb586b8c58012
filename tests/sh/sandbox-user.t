#!/bin/bash
# The sandbox tests once more, in user mode.
RIG_MODE=user exec "$BUILD/tests/sandbox_test"
