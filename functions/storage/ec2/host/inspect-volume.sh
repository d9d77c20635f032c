#!/bin/bash
# Says what lies between EBS volumes and their filesystems. Changes nothing. See docs/host-scripts.md.
#
# Sent by SSM Run Command, which replaces the parameters in double braces as text before the script is run; the document
# (documents.ts) admits only values without a quote, and the script checks them again.
VOLUME_IDS='{{ VolumeIds }}' # `all`, or volume ids separated by commas
EXECUTION_TIMEOUT='{{ ExecutionTimeout }}'

# shellcheck source=lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

readonly MOUNT_POINTS_MAX=4 # of a volume, in the answer: 20 volumes must fit in SSM's 24,000 characters

ANSWERED=0

answer() { # KEY JSON
  ANSWERED=1
  printf '{"version":1,"script":"inspect-volume","%s":%s}\n' "$1" "$2" >&3
}

fail() { # EXIT-CODE ERROR MESSAGE
  json_string "$3"
  answer error "\"$2\",\"message\":$JSON"
  exit "$1"
}

# A signal or a defect of the script: the answer is a line of JSON all the same.
at_exit() {
  local status=$?
  [ $ANSWERED = 1 ] || fail 25 interrupted "ended with exit code $status before it had an answer"
}
trap at_exit EXIT

bad_parameter() { fail 10 bad-parameter "$1"; }

# add KEY JSON: to ENTRY
add() { ENTRY="$ENTRY,\"$1\":$2"; }
add_text() { json_nullable "$2" && add "$1" "$JSON"; }
add_number() { json_number "$2" && add "$1" "$JSON"; }

describe() { # VOLUME-ID: sets ENTRY
  local supported=false device_bytes=''
  LAYOUT=unknown REASON='' PARTITION='' PARTITION_NUMBER='' VOLUME_GROUP='' LOGICAL_VOLUME='' PV_BYTES='' FILESYSTEM=''
  UUID='' FILESYSTEM_BYTES='' USED_BYTES='' NODE=''
  MOUNTS=()
  if find_device "$1"; then
    size_of "$DEVICE"
    device_bytes=$BYTES
    if examine; then supported=true; fi
    if [ "${#MOUNTS[@]}" -gt 0 ] && ! measure "${MOUNTS[0]}"; then
      supported=false
      REASON=${REASON:-deadline}
    fi
  fi
  ENTRY="\"volumeId\":\"$1\""
  add_text devicePath "${DEVICE:+/dev/$DEVICE}"
  add_number deviceBytes "$device_bytes"
  add_text layout "$LAYOUT"
  add supported "$supported"
  add_text reason "$REASON"
  if [ -n "$PARTITION" ]; then
    size_of "$PARTITION"
    add_number partitionNumber "$PARTITION_NUMBER"
    add_number partitionBytes "$BYTES"
  fi
  if [ -n "$VOLUME_GROUP" ]; then
    add_text volumeGroup "$VOLUME_GROUP"
    add_number physicalVolumeBytes "$PV_BYTES"
  fi
  if [ -n "$LOGICAL_VOLUME" ] && [ $supported = true ]; then
    size_of "$NODE"
    add_text logicalVolume "$LOGICAL_VOLUME"
    add_number logicalVolumeBytes "$BYTES"
  fi
  add_text filesystem "$FILESYSTEM"
  add_text filesystemUuid "$UUID"
  json_list ${MOUNTS[@]+"${MOUNTS[@]:0:MOUNT_POINTS_MAX}"}
  add mountPoints "$JSON"
  add_number filesystemBytes "$FILESYSTEM_BYTES"
  add_number usedBytes "$USED_BYTES"
}

# all_volumes: the ids of every attached EBS volume except the one that holds /.
all_volumes() {
  local link name seen=' '
  VOLUMES=()
  for link in "$BY_ID"vol*; do
    [ -e "$link" ] || continue
    name=${link#"$BY_ID"vol}
    name=vol-${name%_1}
    [[ $name =~ $VOLUME_ID_PATTERN ]] || continue # partitions: vol...-part1
    case $seen in *" $name "*) continue ;; esac
    seen="$seen$name "
    if find_device "$name" && holds_root; then continue; fi
    VOLUMES+=("$name")
  done
}

holds_root() {
  local path mount
  for path in "/sys/class/block/$DEVICE" "/sys/class/block/$DEVICE/$DEVICE"* "/sys/class/block/$DEVICE"{,/"$DEVICE"*}/holders/*; do
    [ -e "$path/dev" ] || continue
    find_mounts "${path##*/}"
    for mount in ${MOUNTS[@]+"${MOUNTS[@]}"}; do [ "$mount" = / ] && return 0; done
  done
  return 1
}

main() {
  local volume volumes=''
  [[ $EXECUTION_TIMEOUT =~ ^[1-9][0-9]{1,3}$ ]] || bad_parameter 'ExecutionTimeout is 10 to 9999 seconds'
  DEADLINE=$((EXECUTION_TIMEOUT * 9 / 10))
  if [ "$VOLUME_IDS" = all ]; then
    all_volumes
  else
    split_lines "${VOLUME_IDS//,/$'\n'}"
    VOLUMES=(${LINES_READ[@]+"${LINES_READ[@]}"})
    for volume in ${VOLUMES[@]+"${VOLUMES[@]}"}; do
      [[ $volume =~ $VOLUME_ID_PATTERN ]] || bad_parameter 'VolumeIds is "all" or volume ids separated by commas'
    done
    [ "${#VOLUMES[@]}" -gt 0 ] || bad_parameter 'VolumeIds is empty'
  fi
  for volume in ${VOLUMES[@]+"${VOLUMES[@]}"}; do
    describe "$volume"
    volumes="$volumes,{$ENTRY}"
  done
  answer volumes "[${volumes#,}]"
}

main
