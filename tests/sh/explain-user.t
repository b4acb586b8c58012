#!/bin/bash
# The same in user mode.
MODE=user exec "$(dirname "$0")/explain.t"
