#!/bin/bash
# The life of sessions once more, in user mode.
RIG_MODE=user exec "$BUILD/tests/sandbox_life_test"
