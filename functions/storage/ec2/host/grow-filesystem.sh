#!/bin/bash
# Makes the filesystem on one EBS volume as large as the volume. Only ever grows; may be run again at any time, also
# after it was killed. Codes: docs/host-scripts.md.
#
# Sent by SSM Run Command, which replaces the parameters in double braces as text before the script is run; the document
# (documents.ts) admits only values without a quote, and the script checks them again.
VOLUME_ID='{{ VolumeId }}'
MOUNT_POINT='{{ MountPoint }}'
MINIMUM_GIB='{{ MinimumGib }}' # the kernel must show at least this size before anything is done
SIZE_WAIT_SECONDS='{{ SizeWaitSeconds }}' # how long to wait for that size, and for another run to end
EXECUTION_TIMEOUT='{{ ExecutionTimeout }}' # seconds after which SSM kills the script; it stops itself before

# shellcheck source=lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

readonly RUN=/run/kafka-autopilot # tmpfs: writable when / is full
# What a partition, a physical volume and a filesystem may leave unused at their end: alignment and the second GPT; one
# extent and LVM's metadata; a last block group or allocation group that is too small to be worth having.
readonly PARTITION_SLACK_BYTES=$((4 * MIB)) FILESYSTEM_SLACK_BYTES=$((16 * MIB))
# LVM would write /etc/lvm/archive and /etc/lvm/backup on /, and refuse to work when it is full.
readonly NO_BACKUP='backup { backup = 0 archive = 0 }'

STEPS=()
ANSWERED=0
SCRATCH=''

exit_code() {
  case $1 in
    bad-parameter) echo 10 ;;
    tool-missing) echo 11 ;;
    no-scratch) echo 12 ;;
    busy) echo 13 ;;
    device-not-found) echo 14 ;;
    wrong-device) echo 15 ;;
    size-not-visible) echo 16 ;;
    layout-unsupported:*) echo 17 ;;
    not-mounted) echo 18 ;;
    mount-point-mismatch) echo 19 ;;
    partition-not-grown) echo 20 ;;
    lvm-failed) echo 21 ;;
    resize-failed) echo 22 ;;
    not-grown) echo 23 ;;
    deadline) echo 24 ;;
    *) echo 25 ;;
  esac
}

# fail CODE MESSAGE
fail() {
  local message=${2//$'\n'/; } id
  ANSWERED=1
  json_string "$VOLUME_ID"
  id=$JSON
  json_string "${message:0:600}"
  message=$JSON
  json_list ${STEPS[@]+"${STEPS[@]}"}
  printf '{"version":1,"script":"grow-filesystem","volumeId":%s,"error":"%s","message":%s,"steps":%s}\n' \
    "$id" "$1" "$message" "$JSON" >&3
  exit "$(exit_code "$1")"
}

# A signal or a defect of the script: the answer is a line of JSON all the same.
at_exit() {
  local status=$?
  [ -z "$SCRATCH" ] || rm -rf -- "$SCRATCH"
  [ $ANSWERED = 1 ] || fail interrupted "ended with exit code $status before it had an answer"
}
trap at_exit EXIT

# change COMMAND...: OUTPUT (both streams) and the exit code of a command that changes something. At the deadline it gets
# SIGTERM and is waited for, never SIGKILL: a logical volume left suspended would hang every write to it, and LVM blocks
# SIGTERM where that could happen.
change() {
  local left=$((DEADLINE - SECONDS)) status
  ((left > 0)) || fail deadline "no time left for $1"
  echo "+ $*"
  OUTPUT=$(timeout "$left" "$@" 2>&1)
  status=$?
  echo "$OUTPUT"
  [ $status -ne 124 ] || fail deadline "$1 did not end in time: $OUTPUT"
  return $status
}

need() { # TOOL...
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || fail tool-missing "$tool"; done
}

check_parameters() {
  [[ $VOLUME_ID =~ $VOLUME_ID_PATTERN ]] || fail bad-parameter 'VolumeId'
  [[ $MOUNT_POINT =~ ^/[A-Za-z0-9._/@:+-]{0,254}$ ]] || fail bad-parameter 'MountPoint'
  [[ $MINIMUM_GIB =~ ^[1-9][0-9]{0,4}$ ]] || fail bad-parameter 'MinimumGib is 1 to 99999'
  [[ $SIZE_WAIT_SECONDS =~ ^(0|[1-9][0-9]{0,2})$ ]] || fail bad-parameter 'SizeWaitSeconds is 0 to 999'
  [[ $EXECUTION_TIMEOUT =~ ^[1-9][0-9]{1,3}$ ]] || fail bad-parameter 'ExecutionTimeout is 10 to 9999 seconds'
}

# One run a volume. The lock is inherited by the tools: a run that was killed leaves it held until they have ended.
lock() {
  { mkdir -p "$RUN" && : >>"$RUN/$VOLUME_ID.lock"; } || fail no-scratch "cannot write in $RUN"
  exec 9<"$RUN/$VOLUME_ID.lock"
  flock -w "$SIZE_WAIT_SECONDS" 9 || fail busy "another run works on $VOLUME_ID"
  # growpart keeps a copy of the partition table in TMPDIR, which must not be on /.
  rm -rf -- "${RUN:?}/$VOLUME_ID.tmp"
  SCRATCH=$RUN/$VOLUME_ID.tmp
  mkdir "$SCRATCH" || fail no-scratch "cannot write in $RUN"
  export TMPDIR=$SCRATCH
}

# EC2 shows the new size before the kernel does.
wait_for_size() {
  local minimum_bytes=$((MINIMUM_GIB * GIB)) until=$((SECONDS + SIZE_WAIT_SECONDS))
  while size_of "$DEVICE" && DEVICE_BYTES=$BYTES && ((DEVICE_BYTES < minimum_bytes)); do
    ((SECONDS < until)) || fail size-not-visible "/dev/$DEVICE has $DEVICE_BYTES bytes, expected $minimum_bytes"
    ((SECONDS < DEADLINE)) || fail deadline 'while waiting for the size'
    sleep 1
  done
}

check_layout() {
  if ! examine; then
    case $REASON in
      deadline) fail deadline 'while reading the layout' ;;
      not-mounted) fail not-mounted "/dev/$NODE is not mounted" ;;
      *) fail "layout-unsupported:$REASON" "/dev/$NODE holds ${CONTENT:-nothing known}" ;;
    esac
  fi
  [ "${MOUNTS[0]}" = "$MOUNT_POINT" ] || fail mount-point-mismatch "/dev/$NODE is mounted at ${MOUNTS[0]}"
  case $LAYOUT in *partition*) need growpart partx ;; esac
  case $LAYOUT in *lvm) need pvresize lvextend lvchange ;; esac
  case $FILESYSTEM in
    ext4) need resize2fs dumpe2fs ;;
    xfs) need xfs_growfs ;;
  esac
}

# --- Growing, from the outside in -------------------------------------------------------------------------------------

# ends_short: whether the kernel shows room behind the partition; sets SLACK_BYTES
ends_short() {
  local start
  read -r start <"/sys/class/block/$PARTITION/start"
  size_of "$PARTITION"
  SLACK_BYTES=$((DEVICE_BYTES - start * 512 - BYTES))
  ((SLACK_BYTES > PARTITION_SLACK_BYTES))
}

grow_partition() {
  ends_short || return 0
  local said
  # Its exit code does not count, the size does. NOCHANGE (exit code 1) is right when a run was killed after it had
  # written the table and before it told the kernel. And from cloud-utils 0.33 on growpart runs pvresize itself, which
  # fails when / is full (it keeps an archive there) after the partition has grown.
  change growpart "/dev/$DEVICE" "$PARTITION_NUMBER" || true
  said=$OUTPUT
  if ends_short && [[ $said == *NOCHANGE* ]]; then
    change partx -u --nr "$PARTITION_NUMBER" "/dev/$DEVICE" || fail partition-not-grown "$OUTPUT"
  fi
  # A DOS partition table ends at 2 TiB whatever the size of the volume.
  if ends_short; then fail partition-not-grown "$SLACK_BYTES bytes stay unused behind /dev/$PARTITION: $said"; fi
  STEPS+=(growpart)
}

grow_lvm() {
  local physical=${PARTITION:-$DEVICE} lv="$VOLUME_GROUP/$LOGICAL_VOLUME" extents=$PE_COUNT
  size_of "$physical"
  if (((BYTES - PE_START) / EXTENT_BYTES > PE_COUNT)); then
    change pvresize --config "$NO_BACKUP" "/dev/$physical" || fail lvm-failed "$OUTPUT"
    examine_lvm "$physical" || fail lvm-failed "after pvresize: $REASON"
    ((PE_COUNT == extents)) || STEPS+=(pvresize)
  fi
  if ((FREE_EXTENTS > 0)); then
    change lvextend --config "$NO_BACKUP" -l +100%FREE "$lv" || fail lvm-failed "$OUTPUT"
    STEPS+=(lvextend)
    examine_lvm "$physical" || fail lvm-failed "after lvextend: $REASON"
  fi
  size_of "$NODE"
  if ((BYTES < LV_BYTES)); then # killed between the metadata and the kernel
    change lvchange --refresh "$lv" || fail lvm-failed "$OUTPUT"
    STEPS+=(lvchange)
    size_of "$NODE"
  fi
  ((FREE_EXTENTS == 0 && BYTES >= LV_BYTES)) || fail lvm-failed "$lv did not take all free extents"
  # Only for people: a full / must not stop the growth.
  if [ "${#STEPS[@]}" -gt 0 ]; then read_only vgcfgbackup "$VOLUME_GROUP"; fi
  return 0
}

# superblock_bytes: sets SUPERBLOCK_BYTES, the size the filesystem itself knows; `df` leaves its own overhead out.
superblock_bytes() {
  local count='' size=''
  if [ "$FILESYSTEM" = ext4 ]; then
    read_only dumpe2fs -h "/dev/$NODE"
    [[ $OUTPUT =~ 'Block count:'[[:space:]]+([0-9]+) ]] && count=${BASH_REMATCH[1]}
    [[ $OUTPUT =~ 'Block size:'[[:space:]]+([0-9]+) ]] && size=${BASH_REMATCH[1]}
  else
    read_only xfs_growfs -n "$MOUNT_POINT"
    [[ $OUTPUT =~ data[[:space:]]+=[[:space:]]+bsize=([0-9]+)[[:space:]]+blocks=([0-9]+) ]] &&
      size=${BASH_REMATCH[1]} count=${BASH_REMATCH[2]}
  fi
  if [ -z "$count" ] || [ -z "$size" ]; then fail resize-failed "cannot read the size of the $FILESYSTEM filesystem"; fi
  SUPERBLOCK_BYTES=$((count * size))
}

grow_filesystem() {
  local before
  superblock_bytes
  before=$SUPERBLOCK_BYTES
  if [ "$FILESYSTEM" = ext4 ]; then
    change resize2fs "/dev/$NODE" || fail resize-failed "$OUTPUT"
  else
    change xfs_growfs -d "$MOUNT_POINT" || fail resize-failed "$OUTPUT"
  fi
  superblock_bytes
  if ((SUPERBLOCK_BYTES > before)); then
    if [ "$FILESYSTEM" = ext4 ]; then STEPS+=(resize2fs); else STEPS+=(xfs_growfs); fi
  fi
  size_of "$NODE"
  ((SUPERBLOCK_BYTES + FILESYSTEM_SLACK_BYTES >= BYTES)) ||
    fail not-grown "the filesystem has $SUPERBLOCK_BYTES bytes on /dev/$NODE of $BYTES"
}

main() {
  local before_bytes before_used changed=false
  check_parameters
  # Leave time to answer before SSM ends the script.
  DEADLINE=$((EXECUTION_TIMEOUT - (EXECUTION_TIMEOUT > 300 ? 30 : EXECUTION_TIMEOUT / 10)))
  need timeout flock blkid df readlink mkdir rm sleep
  lock
  if ! find_device "$VOLUME_ID"; then
    case $REASON in
      xen-device) fail layout-unsupported:xen-device 'a Xen instance does not show which device is which volume' ;;
      *) fail "$REASON" "no NVMe device that is surely $VOLUME_ID" ;;
    esac
  fi
  wait_for_size
  check_layout
  measure "$MOUNT_POINT" || fail resize-failed "df $MOUNT_POINT does not answer"
  before_bytes=$FILESYSTEM_BYTES
  before_used=$USED_BYTES

  case $LAYOUT in *partition*) grow_partition ;; esac
  case $LAYOUT in *lvm) grow_lvm ;; esac
  grow_filesystem

  measure "$MOUNT_POINT" || fail resize-failed "df $MOUNT_POINT does not answer"
  ((FILESYSTEM_BYTES >= before_bytes)) || fail not-grown "df showed $before_bytes bytes before, $FILESYSTEM_BYTES after"
  if [ "${#STEPS[@]}" -gt 0 ]; then changed=true; fi
  printf '{"version":1,"script":"grow-filesystem","volumeId":"%s","mountPoint":"%s"' "$VOLUME_ID" "$MOUNT_POINT" >&3
  printf ',"layout":"%s","filesystem":"%s","devicePath":"/dev/%s"' "$LAYOUT" "$FILESYSTEM" "$DEVICE" >&3
  printf ',"deviceBytes":%s' "$DEVICE_BYTES" >&3
  printf ',"before":{"filesystemBytes":%s,"usedBytes":%s}' "$before_bytes" "$before_used" >&3
  printf ',"after":{"filesystemBytes":%s,"usedBytes":%s}' "$FILESYSTEM_BYTES" "$USED_BYTES" >&3
  json_list ${STEPS[@]+"${STEPS[@]}"}
  printf ',"changed":%s,"steps":%s}\n' "$changed" "$JSON" >&3
  ANSWERED=1
}

main
