# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts
# What a volume looks like from its host: device, partition, LVM, filesystem, mounts. Reads only; changes nothing.
#
# Put into both scripts in place of their `. lib.sh` line (see documents.ts). Runs on Amazon Linux 2 (bash 4.2,
# util-linux 2.30) and newer. No here-documents or here-strings: old bash writes them to files, and / may be full.

set -u
SECONDS=0
umask 077
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/usr/bin:/sbin:/bin" LVM_SUPPRESS_FD_WARNINGS=1

# Standard output carries the one line of JSON; what the tools say goes to standard error.
exec 3>&1 1>&2 </dev/null

readonly MIB=1048576 GIB=1073741824
readonly BY_ID=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_
readonly VOLUME_ID_PATTERN='^vol-[0-9a-f]{8,17}$'

# --- JSON -------------------------------------------------------------------------------------------------------------

# Each sets JSON; a process for every value would be slow with many volumes.

json_string() {
  JSON=${1//[[:cntrl:]]/ }
  JSON=${JSON//\\/\\\\}
  JSON="\"${JSON//\"/\\\"}\""
}

json_nullable() { if [ -n "${1:-}" ]; then json_string "$1"; else JSON=null; fi; }

json_number() { if [[ ${1:-} =~ ^[0-9]+$ ]]; then JSON=$1; else JSON=null; fi; }

# json_list [TEXT...]
json_list() {
  local list='' item
  for item in ${1+"$@"}; do
    json_string "$item"
    list="$list,$JSON"
  done
  JSON="[${list#,}]"
}

# --- Running tools ----------------------------------------------------------------------------------------------------

# read_only COMMAND...: OUTPUT and the exit code of a command that changes nothing, killed at the deadline (then 124).
# DEADLINE counts seconds since the script's start.
read_only() {
  local left=$((DEADLINE - SECONDS))
  OUTPUT=''
  ((left > 0)) || return 124
  OUTPUT=$(timeout -k 2 "$left" "$@" 2>/dev/null)
}

# size_of KERNEL-NAME: sets BYTES
size_of() {
  local sectors
  read -r sectors <"/sys/class/block/$1/size" || sectors=0
  BYTES=$((sectors * 512)) # sysfs counts 512 bytes a sector whatever the device does
}

# split_lines TEXT: sets LINES_READ, without empty lines and without a process
split_lines() {
  local IFS=$'\n'
  set -f
  # shellcheck disable=SC2206 # splitting is meant
  LINES_READ=($1)
  set +f
}

# split_fields TEXT: sets FIELDS from what LVM separated by `|`
split_fields() {
  local IFS='|' text=${1//[[:space:]]/}
  set -f
  # shellcheck disable=SC2206 # splitting is meant
  FIELDS=($text)
  set +f
}

# --- Volume id to device ----------------------------------------------------------------------------------------------

# find_device VOLUME-ID: sets DEVICE (kernel name of the whole disk), or REASON and 1.
# Names such as nvme1n1 change across reboots; only the volume id in the NVMe serial number is to be believed.
find_device() {
  local serial=${1/-/} link path name known
  DEVICE=''
  REASON=''
  for link in "$BY_ID$serial" "$BY_ID${serial}_1"; do
    [ -e "$link" ] || continue
    path=$(readlink -f -- "$link")
    name=${path##*/}
    if [ ! -b "$path" ] || [ ! -e "/sys/class/block/$name/size" ] || [ -e "/sys/class/block/$name/partition" ] ||
      { [ -n "$DEVICE" ] && [ "$DEVICE" != "$name" ]; }; then
      REASON=wrong-device
      return 1
    fi
    if [ -r "/sys/class/block/$name/device/serial" ]; then
      read -r known <"/sys/class/block/$name/device/serial" || known=${known:-}
      if [ "${known/-/}" != "$serial" ]; then
        REASON=wrong-device
        return 1
      fi
    fi
    DEVICE=$name
  done
  [ -n "$DEVICE" ] && return 0
  REASON='device-not-found'
  # Xen instances show volumes as xvdX without the volume id: nothing there proves which volume a device is.
  if [ -e /sys/block/xvda ]; then REASON='xen-device'; fi
  return 1
}

# --- Device to filesystem ---------------------------------------------------------------------------------------------

# probe KERNEL-NAME: sets CONTENT (blkid's TYPE, empty if there is no signature, `ambiguous` if several) and UUID.
probe() {
  local line status
  CONTENT=''
  UUID=''
  read_only blkid -p -o export -- "/dev/$1"
  status=$?
  case $status in
    0) ;;
    2) return 0 ;;
    124 | 137) return 124 ;;
    *)
      CONTENT=ambiguous
      return 0
      ;;
  esac
  split_lines "$OUTPUT"
  for line in ${LINES_READ[@]+"${LINES_READ[@]}"}; do
    case $line in
      TYPE=*) CONTENT=${line#TYPE=} ;;
      UUID=*) UUID=${line#UUID=} ;;
    esac
  done
  return 0
}

# find_mounts KERNEL-NAME: sets MOUNTS (mount points, every bind mount counts) and READ_ONLY (0 or 1).
find_mounts() {
  local device number mount options rest
  MOUNTS=()
  READ_ONLY=0
  read -r device <"/sys/class/block/$1/dev" || return 1
  while read -r _ _ number _ mount options rest; do
    [ "$number" = "$device" ] || continue
    printf -v mount '%b' "${mount//\\/\\0}" # mountinfo writes a space as \040
    MOUNTS+=("$mount")
    case ",$options," in *,ro,*) READ_ONLY=1 ;; esac
    case ",${rest##* }," in *,ro,*) READ_ONLY=1 ;; esac # the superblock's options are the last field
  done </proc/self/mountinfo
  return 0
}

has_holders() { # KERNEL-NAME
  local holder
  for holder in "/sys/class/block/$1/holders/"*; do [ -e "$holder" ] && return 0; done
  return 1
}

# refuse REASON: the layout is named after the reason, except where nothing was learned about it.
refuse() {
  LAYOUT=$1
  [ "$1" != deadline ] || LAYOUT=unknown
  REASON=$1
  return 1
}

# refuse_content: some contents are refused wherever they are found.
refuse_content() {
  case $CONTENT in
    *_raid_member) refuse raid ;;
    crypto_LUKS) refuse luks ;;
    zfs_member) refuse zfs ;;
    btrfs) refuse btrfs ;;
    ambiguous) refuse unknown ;;
    *) return 0 ;;
  esac
}

# examine: from DEVICE, sets LAYOUT, REASON (empty when supported), PARTITION, PARTITION_NUMBER, VOLUME_GROUP,
# LOGICAL_VOLUME, PV_BYTES, NODE (kernel name of what holds the filesystem), FILESYSTEM, UUID, MOUNTS. 1 when refused.
examine() {
  LAYOUT=unknown
  REASON=unknown
  PARTITION=''
  PARTITION_NUMBER=''
  VOLUME_GROUP=''
  LOGICAL_VOLUME=''
  PV_BYTES=''
  LV_BYTES=''
  FILESYSTEM=''
  UUID=''
  CONTENT=''
  MOUNTS=()
  NODE=$DEVICE
  local prefix=''

  examine_partitions || return 1
  if [ -n "$PARTITION" ]; then
    prefix=partition
    NODE=$PARTITION
  else
    probe "$NODE" || refuse deadline || return 1
    refuse_content || return 1
  fi

  if [ "$CONTENT" = LVM2_member ]; then
    examine_lvm "$NODE" || return 1
    prefix=${prefix:+$prefix-}lvm
    probe "$NODE" || refuse deadline || return 1
    refuse_content || return 1
  fi

  FILESYSTEM=$CONTENT
  case $FILESYSTEM in ext4 | xfs) ;; *) refuse unknown || return 1 ;; esac
  # Something else sits on the device (multipath, a snapshot, bcache): not ours to grow.
  if has_holders "$NODE"; then refuse unknown || return 1; fi
  find_mounts "$NODE"
  case ${#MOUNTS[@]} in
    0) refuse not-mounted || return 1 ;;
    1) ;;
    *) refuse multiple-mounts || return 1 ;;
  esac
  if [ "$READ_ONLY" = 1 ]; then refuse read-only || return 1; fi
  LAYOUT=${prefix:-plain}
  REASON=''
}

# examine_partitions: sets PARTITION to the one that holds data, and CONTENT and UUID. Boot partitions (no content, vfat, /boot) don't count.
examine_partitions() {
  local path name start last='' last_start=-1 candidates=0 candidate='' content='' uuid=''
  for path in "/sys/class/block/$DEVICE/$DEVICE"*; do
    [ -e "$path/partition" ] || continue
    name=${path##*/}
    read -r start <"$path/start"
    if ((start > last_start)); then
      last_start=$start
      last=$name
    fi
    probe "$name" || refuse deadline || return 1
    refuse_content || return 1
    case $CONTENT in '' | vfat) continue ;; esac
    find_mounts "$name"
    case ${MOUNTS[0]:-} in /boot | /boot/* | /efi) continue ;; esac
    candidates=$((candidates + 1))
    candidate=$name
    content=$CONTENT
    uuid=$UUID
  done
  MOUNTS=()
  CONTENT=$content
  UUID=$uuid
  [ -n "$last" ] || return 0 # no partitions
  if ((candidates == 0)); then refuse unknown || return 1; fi
  # Growing needs free space right behind the partition.
  if ((candidates > 1)) || [ "$candidate" != "$last" ]; then refuse several-partitions || return 1; fi
  PARTITION=$candidate
  read -r PARTITION_NUMBER <"/sys/class/block/$PARTITION/partition"
}

# examine_lvm KERNEL-NAME of a physical volume: sets VOLUME_GROUP, LOGICAL_VOLUME, PV_BYTES, PE_START, PE_COUNT,
# EXTENT_BYTES, FREE_EXTENTS, LV_BYTES and NODE, the kernel name of the logical volume.
examine_lvm() {
  local line segment devices pvs_in_vg lvs_in_vg linear=1 spanning=0 seen='' holder holders=0
  local lvm_options=(--noheadings --nosuffix --units b --separator '|')

  read_only pvs "${lvm_options[@]}" \
    -o vg_name,pv_count,lv_count,pv_size,pe_start,pv_pe_count,vg_extent_size,vg_free_count "/dev/$1"
  case $? in
    0) ;;
    124 | 137) refuse deadline || return 1 ;;
    *) refuse unknown || return 1 ;;
  esac
  split_fields "$OUTPUT"
  [ ${#FIELDS[@]} = 8 ] || refuse unknown || return 1
  VOLUME_GROUP=${FIELDS[0]} pvs_in_vg=${FIELDS[1]} lvs_in_vg=${FIELDS[2]} PV_BYTES=${FIELDS[3]}
  PE_START=${FIELDS[4]} PE_COUNT=${FIELDS[5]} EXTENT_BYTES=${FIELDS[6]} FREE_EXTENTS=${FIELDS[7]}
  [[ $VOLUME_GROUP =~ ^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$ ]] || refuse unknown || return 1
  [[ "$pvs_in_vg$lvs_in_vg$PV_BYTES$PE_START$PE_COUNT$EXTENT_BYTES$FREE_EXTENTS" =~ ^[0-9]+$ ]] || refuse unknown || return 1

  read_only lvs -a --segments "${lvm_options[@]}" -o lv_name,lv_size,segtype,devices "$VOLUME_GROUP" ||
    refuse unknown || return 1
  split_lines "$OUTPUT"
  for line in ${LINES_READ[@]+"${LINES_READ[@]}"}; do
    split_fields "$line"
    LOGICAL_VOLUME=${FIELDS[0]} LV_BYTES=${FIELDS[1]:-} segment=${FIELDS[2]:-} devices=${FIELDS[3]:-}
    [ "$segment" = linear ] || linear=0
    devices="$LOGICAL_VOLUME ${devices%%(*}"
    case $seen in '' | "$devices") ;; "$LOGICAL_VOLUME "*) spanning=1 ;; esac
    seen=$devices
  done

  if [ $linear = 0 ] || [ $spanning = 1 ]; then refuse lvm-striped || return 1; fi
  if [ "$pvs_in_vg" != 1 ]; then refuse lvm-several-pvs || return 1; fi
  if [ "$lvs_in_vg" = 0 ]; then refuse unknown || return 1; fi
  if [ "$lvs_in_vg" != 1 ]; then refuse lvm-several-lvs || return 1; fi
  [[ $LV_BYTES =~ ^[0-9]+$ ]] || refuse unknown || return 1
  [[ $LOGICAL_VOLUME =~ ^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$ ]] || refuse unknown || return 1

  for holder in "/sys/class/block/$1/holders/"*; do
    [ -e "$holder" ] || continue
    holders=$((holders + 1))
    holder=${holder##*/}
  done
  case $holders in
    0) refuse not-mounted || return 1 ;; # the logical volume is not active
    1) ;;
    *) refuse unknown || return 1 ;;
  esac
  NODE=${holder##*/}
  return 0
}

# measure MOUNT-POINT: sets FILESYSTEM_BYTES and USED_BYTES as `df` shows them.
measure() {
  FILESYSTEM_BYTES=''
  USED_BYTES=''
  read_only df -B1 --output=size,used -- "$1" || return
  [[ $OUTPUT =~ ([0-9]+)[[:space:]]+([0-9]+)[[:space:]]*$ ]] || return 1
  FILESYSTEM_BYTES=${BASH_REMATCH[1]}
  USED_BYTES=${BASH_REMATCH[2]}
}
