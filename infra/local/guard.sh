#!/bin/sh
# Ends process groups when the process that started them is gone, however it went: its end of the pipe closes then.
# Reads "+ <group>" and "- <group>" lines.
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="${groups%% "$group" *} ${groups#* "$group" }" ;; esac ;;
  esac
done
for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
exit 0
