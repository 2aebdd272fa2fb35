#!/usr/bin/env bash
# Runs feedbot, and keeps its state where there is a branch for it.
#   ARGS, CONFIG, STATE_BRANCH, KEEP_STATE, FEEDS, BUDGET, FORMAT, FAIL_ON, SUMMARY  as in action.yml
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# xargs knows quotes, and runs nothing of what they hold.
split=$(xargs printf '%s\n' <<<"$ARGS")
words=()
while IFS= read -r word; do
  words+=("$word")
done <<<"$split"

reports=false
case ${words[0]} in
  check | lint) reports=true ;;
esac
if [ -n "$BUDGET" ] && [ "${words[0]}" = check ]; then
  words+=(--budget "$BUDGET")
elif [ -n "$BUDGET" ]; then
  export FEEDBOT__CHECKER__MAX_REQUESTS_PER_RUN=$BUDGET
fi
if [ -n "$FORMAT" ]; then
  words+=(--format "$FORMAT")
fi
if [ -n "$FAIL_ON" ]; then
  words+=(--fail-on "$FAIL_ON")
fi
if [ "$SUMMARY" = true ] && [ $reports = true ]; then
  words+=(--report "markdown=$GITHUB_STEP_SUMMARY")
fi

keeps=false
if [ -n "$STATE_BRANCH" ] && [ "$KEEP_STATE" = true ]; then
  keeps=true
fi
for attempt in 1 2 3; do
  code=0
  feedbot --config "$CONFIG" "${words[@]}" || code=$?
  echo "exit-code=$code" >>"$GITHUB_OUTPUT"
  # After 2, 3 and 75 nothing was done. After 1 and 4 much was seen that the next run should know.
  case $code in
    0 | 1 | 4) ;;
    *) exit $code ;;
  esac
  if [ $keeps = false ]; then
    exit $code
  fi
  kept=0
  bash "$here/keep.sh" || kept=$?
  if [ $kept = 0 ]; then
    echo "kept=true" >>"$GITHUB_OUTPUT"
    exit $code
  elif [ $kept != 10 ]; then
    exit 1
  elif [ $attempt != 3 ]; then
    echo "Another run has kept its state on $STATE_BRANCH meanwhile: going on from that one."
    bash "$here/restore.sh"
  fi
done
echo "Others keep their state on $STATE_BRANCH all the time: let only one job at a time run feedbot." >&2
exit 1
