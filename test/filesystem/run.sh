#!/bin/bash
# Runs the host scripts (functions/storage/ec2/host) as SSM would, on a real kernel: User-mode Linux, because containers
# may neither grow ext4 online nor use the device mapper. Needs Debian and root once, for packages; nothing of the
# machine is changed otherwise (its root is mounted read-only in the guest).
#
#   bash test/filesystem/run.sh [CASE]     CASE: only cases whose name contains it
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# command:package
needed=(linux.uml:user-mode-linux insmod:kmod lvm:lvm2 mkfs.xfs:xfsprogs mkfs.ext4:e2fsprogs growpart:cloud-guest-utils
  sfdisk:fdisk mdadm:mdadm cryptsetup:cryptsetup-bin mkfs.btrfs:btrfs-progs)
# An Intel processor with AMX has a bigger FPU state than UML 6.1 knows: see uml-xstate.c.
if grep -qw amx_tile /proc/cpuinfo; then needed+=(gcc:gcc gcc:libc6-dev); fi
missing=()
for item in "${needed[@]}"; do
  PATH=$PATH:/usr/sbin:/sbin command -v "${item%%:*}" >/dev/null || missing+=("${item#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "Missing Debian packages, install them as root: ${missing[*]}" >&2
    exit 2
  fi
  echo "Installing ${missing[*]}"
  timeout 300 apt-get update -qq
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# The scripts as the documents carry them, parameters still in braces.
node_modules/.bin/node test/filesystem/render.ts "$work"
cp test/filesystem/init.sh test/filesystem/cases.sh "$work"
chmod 755 "$work/init.sh"

preload=()
if grep -qw amx_tile /proc/cpuinfo; then
  gcc -O1 -Wall -shared -fPIC -o "$work/uml-xstate.so" test/filesystem/uml-xstate.c
  preload=(LD_PRELOAD="$work/uml-xstate.so")
fi

# UML keeps the guest's memory in a file in /dev/shm, which is 64 MB in many containers.
guests=3 memory_mib=768 # a guest has one processor, and some cases only wait
if [ "$(df -m --output=avail /dev/shm 2>/dev/null | tail -n 1)" -lt $((guests * memory_mib)) ] 2>/dev/null; then
  preload+=(TMPDIR="$work")
fi

boot() { # NUMBER CASE: the guest switches itself off; the time limit is for one that hangs
  mkdir "$work/out$1"
  env ${preload[@]+"${preload[@]}"} timeout -k 5 "${FILESYSTEM_TEST_SECONDS:-180}" linux.uml mem=${memory_mib}M \
    root=/dev/root rootfstype=hostfs rootflags=/ ro quiet con=null con0=fd:0,fd:1 init="$work/init.sh" \
    AUTOPILOT_WORK="$work" AUTOPILOT_OUT="out$1" AUTOPILOT_SHARE="$1-$guests" AUTOPILOT_ONLY="$2" \
    </dev/null >"$work/console$1" 2>&1
}
for ((guest = 0; guest < guests; guest++)); do boot "$guest" "${1:-}" & done
wait

{
  for ((guest = 0; guest < guests; guest++)); do
    cat "$work/out$guest/log" || true
    if [ ! -e "$work/out$guest/finished" ]; then
      echo "not ok - guest $guest ended by itself"
      tail -n 30 "$work/console$guest" "$work/out$guest/trace" 2>/dev/null | sed 's/^/# /'
    fi
  done
  # Every answer the scripts gave has to be readable for the functions.
  node_modules/.bin/node test/filesystem/check-answers.ts "$work"/out*
} | tee "$work/log"
passed=$(grep -c '^ok ' "$work/log" || true)
failed=$(grep -c '^not ok ' "$work/log" || true)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
