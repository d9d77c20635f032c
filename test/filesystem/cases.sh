#!/bin/bash
# The cases. Runs as root inside the guest; every disk is a loop device on a file in tmpfs, which grows as an EBS volume
# does. Prints `ok - TITLE` or `not ok - TITLE` with what was seen.
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
INSPECT=$(</run/inspect.sh)
GROW=$(</run/grow.sh)
BY_ID=/dev/disk/by-id
LINK=nvme-Amazon_Elastic_Block_Store_vol
GIB=1073741824
mkdir -p $BY_ID /run/shim /run/ssm
: >/out/inspect
: >/out/grow

# --- Helpers ----------------------------------------------------------------------------------------------------------

# Results go to standard output, what the tools of the tests say to a trace.
exec 4>&1 1>>/out/trace 2>&1
ok() { echo "ok - $CASE: $1" >&4; }
not_ok() {
  echo "not ok - $CASE: $1" >&4
  shift
  printf '# %s\n' "$@" >&4
}
check() { # TITLE COMMAND...
  local title=$1
  shift
  if "$@"; then ok "$title"; else not_ok "$title" "failed: $*" "status ${STATUS:-} out ${OUT:-}" "$(tail -c 600 /run/err)"; fi
}
has() { local text; for text in "$@"; do [[ $OUT == *"$text"* ]] || { echo "# no $text" >&4; return 1; }; done; }
answered() { # EXIT-CODE TEXT...
  [ "$STATUS" = "$1" ] || { echo "# exit code $STATUS" >&4; return 1; }
  shift
  has "$@"
}

# new_disk NAME [SIZE]: DISK (loopN), VOLUME, the by-id link
disks=0
new_disk() {
  disks=$((disks + 1))
  truncate -s "${2:-1G}" "/disks/$1.img"
  DISK=$(losetup -P -f --show "/disks/$1.img")
  DISK=${DISK##*/}
  VOLUME=$(printf 'vol-0%016x' "$disks")
  ln -sfn "../../$DISK" "$BY_ID/$LINK${VOLUME#vol-}"
}
bigger() { # NAME DISK [SIZE]
  truncate -s "${3:-2G}" "/disks/$1.img"
  losetup -c "/dev/$2"
}
make_fs() { # TYPE DEVICE
  case $1 in
    ext4) mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$2" ;;
    xfs) mkfs.xfs -q "$2" ;;
  esac
}
with_data() { # DEVICE MOUNT-POINT
  mkdir -p "$2"
  mount "$1" "$2" || return
  head -c 3000000 /dev/urandom >"$2/00000000000000000000.log"
  sync
  SUM=$(sha256sum <"$2/00000000000000000000.log")
}
data_survived() { # MOUNT-POINT
  local file=$1/00000000000000000000.log
  sync
  dd if="$file" iflag=nocache count=0 # read from the device, not from memory
  [ "$(sha256sum <"$file")" = "$SUM" ]
}
# lay_out NAME LAYOUT FILESYSTEM MOUNT-POINT: a disk of 1 GiB; NODE is what holds the filesystem
lay_out() {
  local part
  new_disk "$1"
  NODE=/dev/$DISK
  case $2 in partition*)
    printf 'label: gpt\nstart=2048\n' | sfdisk -q "$NODE"
    part=/dev/${DISK}p1
    for _ in 1 2 3 4 5; do [ -b "$part" ] && break; sleep 0.1; done
    NODE=$part
    ;;
  esac
  case $2 in *lvm)
    vgcreate -q "vg_$1" "$NODE"
    lvcreate -q -y -l 100%FREE -n data "vg_$1"
    NODE=/dev/mapper/vg_$1-data
    ;;
  esac
  make_fs "$3" "$NODE"
  with_data "$NODE" "$4"
}
tear_down() { # NAME MOUNT-POINT
  umount -A "$2" 2>/dev/null
  [ ! -d "/dev/vg_$1" ] || vgchange -q -an "vg_$1"
  losetup -j "/disks/$1.img" | while IFS=: read -r loop _; do
    find $BY_ID -lname "*/${loop##*/}" -delete
    find $BY_ID -lname "*/${loop##*/}p*" -delete
    losetup -d "$loop"
  done
  rm -f "/disks/$1.img"
}

# render TEMPLATE NAME=VALUE...: replaces parameters as the SSM agent does, as text
render() {
  local text=$1 pair
  shift
  for pair in "$@"; do text=${text//"{{ ${pair%%=*} }}"/${pair#*=}}; done
  printf '%s\n' "$text"
}
run_script() { # FILE RECORD: runs it as the agent does
  chmod 755 "$1"
  OUT=$(sh -c "$1" 2>/run/err)
  STATUS=$?
  printf '\n--- answer\n%s' "$OUT" >>"/out/$2"
}
grow_script() { # FILE VOLUME MOUNT-POINT GIB WAIT TIMEOUT
  render "$GROW" VolumeId="$2" MountPoint="$3" MinimumGib="$4" SizeWaitSeconds="${5:-1}" ExecutionTimeout="${6:-60}" >"$1"
  chmod 755 "$1"
}
grow() { # VOLUME MOUNT-POINT GIB [WAIT] [TIMEOUT]
  grow_script /run/ssm/_script.sh "$@"
  run_script /run/ssm/_script.sh grow
}
inspect() { # VOLUME-IDS
  render "$INSPECT" VolumeIds="$1" ExecutionTimeout=60 >/run/ssm/inspect.sh
  run_script /run/ssm/inspect.sh inspect
}
sectors_written() { # DISK: written and discarded
  local stat
  sync
  read -r -a stat <"/sys/class/block/$1/stat"
  echo "${stat[6]} ${stat[13]:-0}"
}
# shim TOOL BODY: stands before the real tool in PATH
shim() {
  printf '#!/bin/bash\n%s\n' "$2" >"/run/shim/$1"
  chmod 755 "/run/shim/$1"
}
df_bytes() { df -B1 --output=size "$1" | tail -1 | tr -d ' '; }

# --- Cases ------------------------------------------------------------------------------------------------------------

declare -A STEPS_OF=(
  [plain]='' [partition]='"growpart",' [lvm]='"pvresize","lvextend",')
STEPS_OF[partition-lvm]='"growpart","pvresize","lvextend",'
resizer() { if [ "$1" = ext4 ]; then echo resize2fs; else echo xfs_growfs; fi; }

case_grows() { # LAYOUT FILESYSTEM
  local layout=$1 fs=$2 before
  lay_out a "$layout" "$fs" /data/a
  sync
  before=$(sectors_written "$DISK")
  inspect "$VOLUME"
  check 'inspection names the layout' answered 0 "\"layout\":\"$layout\",\"supported\":true,\"reason\":null" \
    "\"filesystem\":\"$fs\"" '"mountPoints":["/data/a"]' "\"deviceBytes\":$GIB"
  check 'inspection changes nothing' [ "$before" = "$(sectors_written "$DISK")" ]
  bigger a "$DISK"
  grow "$VOLUME" /data/a 2
  check 'grows' answered 0 "\"layout\":\"$layout\",\"filesystem\":\"$fs\"" '"changed":true' \
    "\"steps\":[${STEPS_OF[$layout]}\"$(resizer "$fs")\"]" "\"deviceBytes\":$((2 * GIB))"
  check 'df agrees' [ "$(df_bytes /data/a)" -gt $((19 * GIB / 10)) ]
  check 'data survives' data_survived /data/a
  grow "$VOLUME" /data/a 2
  check 'run again: changes nothing' answered 0 '"changed":false,"steps":[]'
  tear_down a /data/a
}
case_plain_ext4() { case_grows plain ext4; }
case_plain_xfs() { case_grows plain xfs; }
case_partition_ext4() { case_grows partition ext4; }
case_partition_xfs() { case_grows partition xfs; }
case_lvm_ext4() { case_grows lvm ext4; }
case_lvm_xfs() { case_grows lvm xfs; }
case_partition_lvm_ext4() { case_grows partition-lvm ext4; }
case_partition_lvm_xfs() { case_grows partition-lvm xfs; }

case_dos_partition_table() {
  new_disk a
  printf 'label: dos\nstart=2048\n' | sfdisk -q "/dev/$DISK"
  sleep 0.2
  make_fs ext4 "/dev/${DISK}p1"
  with_data "/dev/${DISK}p1" /data/a
  bigger a "$DISK"
  grow "$VOLUME" /data/a 2
  check 'grows' answered 0 '"changed":true' '"steps":["growpart","resize2fs"]'
  check 'data survives' data_survived /data/a
  tear_down a /data/a
}

# As on the root volume of Amazon Linux and Debian: small boot partitions, data in the last one.
case_boot_partitions() {
  new_disk a
  printf 'label: gpt\nstart=2048,size=2048,type=21686148-6449-6E6F-744E-656564454649\nsize=8192,type=U\nsize=65536\n' |
    sfdisk -q "/dev/$DISK"
  sleep 0.2
  printf 'start=77824\n' | sfdisk -q -a --no-reread "/dev/$DISK"
  partx -u "/dev/$DISK"
  make_fs xfs "/dev/${DISK}p4"
  with_data "/dev/${DISK}p4" /data/a
  bigger a "$DISK"
  grow "$VOLUME" /data/a 2
  check 'grows the last partition' answered 0 '"layout":"partition"' '"changed":true' '"steps":["growpart","xfs_growfs"]'
  tear_down a /data/a
}

case_two_volumes() {
  local first other size
  lay_out b partition ext4 /data/b
  other=$DISK
  lay_out a partition ext4 /data/a
  first=$VOLUME
  bigger a "$DISK"
  bigger b "$other"
  size=$(df_bytes /data/b)
  grow "$first" /data/a 2
  check 'grows the one asked for' answered 0 '"mountPoint":"/data/a"' '"changed":true'
  check 'the other filesystem is as it was' [ "$(df_bytes /data/b)" = "$size" ]
  check 'the other partition is as it was' [ "$(cat "/sys/class/block/${other}p1/size")" -lt $((GIB / 512)) ]
  tear_down a /data/a
  tear_down b /data/b
}

case_link_with_namespace() {
  lay_out a plain ext4 /data/a
  mv "$BY_ID/$LINK${VOLUME#vol-}" "$BY_ID/$LINK${VOLUME#vol-}_1"
  bigger a "$DISK"
  inspect all
  check 'found by the link that ends in _1' has "\"volumeId\":\"$VOLUME\""
  grow "$VOLUME" /data/a 2
  check 'grows' answered 0 '"changed":true'
  tear_down a /data/a
}

case_unknown_volume() {
  grow vol-0123456789abcdef0 /data/a 2
  check 'device-not-found' answered 14 '"error":"device-not-found"'
  inspect vol-0123456789abcdef0
  check 'inspection says so' answered 0 '"layout":"unknown","supported":false,"reason":"device-not-found"'
}

case_wrong_device() {
  lay_out a partition ext4 /data/a
  ln -sfn "../../${DISK}p1" "$BY_ID/$LINK${VOLUME#vol-}"
  grow "$VOLUME" /data/a 1
  check 'a link to a partition is refused' answered 15 '"error":"wrong-device"'
  ln -sfn "../../$DISK" "$BY_ID/$LINK${VOLUME#vol-}"
  # The NVMe serial number says another volume: a file system over the device's folder in sysfs.
  local folder
  folder=$(readlink -f "/sys/class/block/$DISK")
  mount -t tmpfs tmpfs "$folder"
  mkdir "$folder/device"
  echo 4194304 >"$folder/size"
  echo vol0fedcba9876543210 >"$folder/device/serial"
  grow "$VOLUME" /data/a 1
  check 'another serial number is refused' answered 15 '"error":"wrong-device"'
  inspect "$VOLUME"
  check 'inspection says so' answered 0 '"reason":"wrong-device"'
  umount "$folder"
  tear_down a /data/a
}

case_xen() {
  mount -t tmpfs tmpfs /sys/block
  mkdir /sys/block/xvda
  grow vol-0123456789abcdef0 /data/a 1
  check 'refused by name' answered 17 '"error":"layout-unsupported:xen-device"'
  inspect vol-0123456789abcdef0
  check 'inspection says so' answered 0 '"reason":"xen-device"'
  umount /sys/block
}

case_mount_point() {
  lay_out a plain xfs /data/a
  bigger a "$DISK"
  local size
  size=$(df_bytes /data/a)
  grow "$VOLUME" /data/other 2
  check 'another mount point is refused' answered 19 '"error":"mount-point-mismatch"'
  check 'nothing has grown' [ "$(df_bytes /data/a)" = "$size" ]
  umount /data/a
  grow "$VOLUME" /data/a 2
  check 'not mounted is refused' answered 18 '"error":"not-mounted"'
  inspect "$VOLUME"
  check 'inspection says so' answered 0 '"layout":"not-mounted","supported":false'
  mount -o ro "/dev/$DISK" /data/a
  grow "$VOLUME" /data/a 2
  check 'mounted read-only is refused' answered 17 '"error":"layout-unsupported:read-only"'
  tear_down a /data/a
}

case_parameters() {
  local values
  # What the documents' patterns would refuse before; the script refuses it too.
  # shellcheck disable=SC2016
  for values in 'vol-XYZ /data/a 2 1 60' 'vol-0123456789abcdef0 data 2 1 60' 'vol-0123456789abcdef0 /data/a 0 1 60' \
    'vol-0123456789abcdef0 /data/a 2 x 60' 'vol-0123456789abcdef0 /data/a 2 1 5' \
    'vol-0123456789abcdef0 /data/$(reboot) 2 1 60'; do
    # shellcheck disable=SC2086 # the words of a line are the parameters
    grow $values
    check "refuses $values" answered 10 '"error":"bad-parameter"'
  done
  inspect 'vol-1;reboot'
  check 'inspection refuses too' answered 10 '"error":"bad-parameter"'
}

fill_root() {
  dd if=/dev/zero of=/fill bs=1M 2>/dev/null
  dd if=/dev/zero of=/fill2 bs=4k 2>/dev/null
  dd if=/dev/zero of=/fill3 bs=1 2>/dev/null
  sync
  ! (echo x >/tmp/probe) 2>/dev/null || ! [ -s /tmp/probe ]
}
case_full_root() {
  lay_out a partition-lvm ext4 /data/a
  local a=$VOLUME a_disk=$DISK
  lay_out b partition xfs /data/b
  local b=$VOLUME b_disk=$DISK
  bigger a "$a_disk"
  bigger b "$b_disk"
  check 'nothing more can be written to /' fill_root
  grow "$a" /data/a 2
  check 'partition and LVM grow' answered 0 '"changed":true' '"steps":["growpart","pvresize","lvextend","resize2fs"]'
  check 'the table on the disk is the grown one' grep -q NOCHANGE <(TMPDIR=/run growpart --dry-run "/dev/$a_disk" 1)
  grow "$b" /data/b 2
  check 'partition and xfs grow' answered 0 '"changed":true' '"steps":["growpart","xfs_growfs"]'
  inspect all
  check 'inspection works' answered 0 "\"volumeId\":\"$a\"" "\"volumeId\":\"$b\""
  rm -f /fill /fill2 /fill3 /tmp/probe
  tear_down a /data/a
  tear_down b /data/b
}

case_full_data() {
  local fs size
  for fs in ext4 xfs; do
    lay_out a partition "$fs" /data/a
    for size in 512M 256M 128M 64M 32M 16M 8M 4M 2M 1M 512K 256K 128K 64K 32K 16K 8K 4K 4K; do
      fallocate -l $size "/data/a/fill$size" 2>/dev/null || rm -f "/data/a/fill$size"
    done
    dd if=/dev/zero of=/data/a/rest bs=4k 2>/dev/null
    inspect "$VOLUME"
    check "$fs is full" [ "$(df --output=pcent /data/a | tail -1 | tr -d ' ')" = 100% ]
    bigger a "$DISK"
    grow "$VOLUME" /data/a 2
    check "$fs grows when full" answered 0 '"changed":true' "\"steps\":[\"growpart\",\"$(resizer "$fs")\"]"
    check "$fs: data survives" data_survived /data/a
    check "$fs: can be written again" touch /data/a/more
    tear_down a /data/a
  done
}

# killed TOOL BODY: runs the script with TOOL replaced by BODY, in which KILL ends the script as SIGKILL would
killed() {
  shim "$1" "KILL() { kill -9 \$(cat /run/victim); exit 1; }
$2"
  grow_script /run/ssm/killed.sh "$VOLUME" /data/a 2
  PATH=/run/shim:$PATH /run/ssm/killed.sh >/run/killed.out 2>/run/err &
  echo $! >/run/victim
  wait $! 2>/dev/null
  STATUS=$?
  OUT=$(</run/killed.out)
  rm -f "/run/shim/$1"
  [ $STATUS = 137 ]
}
case_killed() {
  local tool steps fs
  for tool in growpart pvresize lvextend; do
    for fs in ext4 xfs; do
      case $tool-$fs in growpart-xfs | pvresize-ext4 | lvextend-xfs) continue ;; esac # each tool once
      lay_out a partition-lvm "$fs" /data/a
      bigger a "$DISK"
      # shellcheck disable=SC2016
      check "killed right after $tool" killed "$tool" "$(command -v "$tool")"' "$@"; KILL'
      grow "$VOLUME" /data/a 2 5
      case $tool in
        growpart) steps='"lvextend",' ;; # after pvresize, which a newer growpart has run already
        pvresize) steps='["lvextend",' ;;
        lvextend) steps='[' ;;
      esac
      check "run again on $fs, it completes" answered 0 '"changed":true' "$steps\"$(resizer "$fs")\"]"
      check 'data survives' data_survived /data/a
      tear_down a /data/a
    done
  done
}
case_killed_before_kernel_was_told() {
  lay_out a partition ext4 /data/a
  bigger a "$DISK"
  check 'killed with the table written, the kernel not told' killed growpart \
    "sfdisk -q --relocate gpt-bak-std /dev/$DISK --no-tell-kernel; echo ', +' |
     sfdisk -q -N 1 --no-reread --no-tell-kernel /dev/$DISK; KILL"
  check 'the kernel shows the old partition' [ "$(cat "/sys/class/block/${DISK}p1/size")" -lt $((GIB / 512)) ]
  grow "$VOLUME" /data/a 2 5
  check 'growpart says NOCHANGE, the kernel is told' answered 0 '"changed":true' '"steps":["growpart","resize2fs"]'
  check 'growpart really said NOCHANGE' grep -q NOCHANGE /run/err
  tear_down a /data/a

  lay_out a lvm ext4 /data/a
  bigger a "$DISK"
  dmsetup table vg_a-data >/run/table
  pvresize -q "/dev/$DISK"
  lvextend -q -l +100%FREE vg_a/data
  dmsetup load vg_a-data </run/table
  dmsetup resume vg_a-data
  grow "$VOLUME" /data/a 2
  check 'a logical volume whose kernel side is behind is refreshed' answered 0 '"steps":["lvchange","resize2fs"]'
  check 'data survives' data_survived /data/a
  tear_down a /data/a
}
case_killed_at_any_time() {
  local delay runs=0 kills=0
  lay_out a partition-lvm ext4 /data/a
  bigger a "$DISK"
  grow_script /run/ssm/killed.sh "$VOLUME" /data/a 2 5
  for delay in 0.2 0.4 0.6 0.8 1; do
    runs=$((runs + 1))
    setsid /run/ssm/killed.sh >/run/killed.out 2>/run/err &
    local victim=$!
    sleep "$delay"
    kill -9 $victim 2>/dev/null && kills=$((kills + 1))
    wait $victim 2>/dev/null
  done
  echo "# killed $kills times" >&4
  check 'was killed at least twice' [ $kills -ge 2 ]
  grow "$VOLUME" /data/a 2 5
  check 'completes in the end' answered 0 '"after":'
  check 'df agrees' [ "$(df_bytes /data/a)" -gt $((19 * GIB / 10)) ]
  check 'data survives' data_survived /data/a
  umount /data/a
  check 'the filesystem is clean' e2fsck -fn /dev/mapper/vg_a-data
  tear_down a /data/a
}

case_concurrent() {
  lay_out a partition-lvm xfs /data/a
  bigger a "$DISK"
  grow_script /run/ssm/one.sh "$VOLUME" /data/a 2 30
  grow_script /run/ssm/two.sh "$VOLUME" /data/a 2 30
  /run/ssm/one.sh >/run/one.out 2>/run/err &
  local one=$! two
  /run/ssm/two.sh >/run/two.out 2>>/run/err &
  two=$!
  wait $one
  STATUS=$?
  wait $two
  STATUS=$STATUS$?
  OUT="$(</run/one.out) $(</run/two.out)"
  check 'both succeed, one of them changed something' answered 00 '"changed":true' '"changed":false'
  exec 8>"/run/kafka-autopilot/$VOLUME.lock"
  flock 8
  grow "$VOLUME" /data/a 2 8>&-
  check 'busy while another run goes on' answered 13 '"error":"busy"'
  exec 8>&-
  tear_down a /data/a
}

case_size() {
  lay_out a plain ext4 /data/a
  grow "$VOLUME" /data/a 2
  check 'size-not-visible' answered 16 '"error":"size-not-visible"'
  (
    sleep 1
    bigger a "$DISK"
  ) &
  grow "$VOLUME" /data/a 2 20
  check 'waits for the kernel to show it' answered 0 '"changed":true'
  wait
  tear_down a /data/a
}

case_deadline() {
  lay_out a plain ext4 /data/a
  bigger a "$DISK"
  shim resize2fs 'sleep 60'
  PATH=/run/shim:$PATH grow "$VOLUME" /data/a 2 0 10
  rm /run/shim/resize2fs
  check 'a tool that hangs' answered 24 '"error":"deadline"'
  grow "$VOLUME" /data/a 2
  check 'run again, it completes' answered 0 '"changed":true'
  tear_down a /data/a
}

case_signal() {
  lay_out a plain ext4 /data/a
  bigger a "$DISK"
  shim resize2fs 'sleep 1'
  grow_script /run/ssm/killed.sh "$VOLUME" /data/a 2
  PATH=/run/shim:$PATH /run/ssm/killed.sh >/run/killed.out 2>/run/err &
  local victim=$!
  sleep 0.8
  kill -TERM $victim
  wait $victim
  STATUS=$?
  OUT=$(</run/killed.out)
  rm /run/shim/resize2fs
  printf '\n--- answer\n%s' "$OUT" >>/out/grow
  check 'SIGTERM: still an answer' has '"error":"interrupted"'
  tear_down a /data/a
}

case_failing_tools() {
  local tool code error
  lay_out a partition-lvm ext4 /data/a
  bigger a "$DISK"
  while read -r tool code error; do
    shim "$tool" 'echo "FAILED: \"quoted\" \\ text"; exit 2'
    PATH=/run/shim:$PATH grow "$VOLUME" /data/a 2
    rm "/run/shim/$tool"
    check "$tool fails" answered "$code" "\"error\":\"$error\"" 'FAILED'
  done < <(printf '%s\n' 'growpart 20 partition-not-grown' 'pvresize 21 lvm-failed' 'lvextend 21 lvm-failed' \
    'resize2fs 22 resize-failed')
  shim resize2fs 'exit 0'
  PATH=/run/shim:$PATH grow "$VOLUME" /data/a 2
  check 'a tool that did nothing' answered 23 '"error":"not-grown"'
  grow "$VOLUME" /data/a 2
  check 'then completes' answered 0 '"changed":true' '"steps":["resize2fs"]'
  tear_down a /data/a

  lay_out a partition ext4 /data/a
  bigger a "$DISK"
  mkdir -p /run/bin /run/bin-without
  mount --bind /usr/bin /run/bin
  cp -as /run/bin/. /run/bin-without/ 2>/dev/null
  rm /run/bin-without/growpart
  mount --bind /run/bin-without /usr/bin
  grow "$VOLUME" /data/a 2
  umount /usr/bin
  check 'tool-missing' answered 11 '"error":"tool-missing","message":"growpart"'
  shim growpart 'exit 0'
  PATH=/run/shim:$PATH grow "$VOLUME" /data/a 2
  check 'growpart that did nothing' answered 20 '"error":"partition-not-grown"'
  rm /run/shim/growpart
  mv /run/kafka-autopilot /run/elsewhere
  touch /run/kafka-autopilot # where the script wants a folder
  grow "$VOLUME" /data/a 2
  rm /run/kafka-autopilot
  mv /run/elsewhere /run/kafka-autopilot
  check 'no-scratch' answered 12 '"error":"no-scratch"'
  tear_down a /data/a
}

# refused REASON [EXIT-CODE]: both scripts name it and nothing is written
refused() {
  local before
  before=$(sectors_written "$DISK")
  inspect "$VOLUME"
  check "inspection names $1" answered 0 "\"layout\":\"$1\",\"supported\":false,\"reason\":\"$1\""
  grow "$VOLUME" /data/a 1
  check "growing is refused: $1" answered 17 "\"error\":\"layout-unsupported:$1\""
  check "nothing was written: $1" [ "$before" = "$(sectors_written "$DISK")" ]
}
case_refuses_multiple_mounts() {
  lay_out a plain ext4 /data/a
  mkdir -p /data/again
  mount --bind /data/a /data/again
  refused multiple-mounts
  umount /data/again
  tear_down a /data/a
}
case_refuses_btrfs() {
  new_disk a
  mkfs.btrfs -q "/dev/$DISK"
  mkdir -p /data/a
  check 'btrfs is mounted' mount "/dev/$DISK" /data/a
  refused btrfs
  tear_down a /data/a
}
case_refuses_luks() {
  new_disk a
  check 'LUKS is made' cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
    --key-file /run/cases.sh --keyfile-size 32 "/dev/$DISK"
  refused luks
  printf 'label: gpt\nstart=2048\n' | sfdisk -q -w always "/dev/$DISK"
  sleep 0.2
  printf 'LUKS\xba\xbe\x00\x01aes' | dd of="/dev/${DISK}p1" conv=notrunc 2>/dev/null
  refused luks
  tear_down a /data/a
}
case_refuses_zfs() {
  new_disk a
  # No ZFS here: the magic numbers of its uberblocks, which start at 128 KiB.
  local block
  for block in 0 1 2 3 4 5 6 7; do
    printf '\x0c\xb1\xba\x00\x00\x00\x00\x00' |
      dd of="/dev/$DISK" bs=1 seek=$((131072 + block * 1024)) conv=notrunc 2>/dev/null
  done
  refused zfs
  tear_down a /data/a
}
case_refuses_raid() {
  new_disk b
  local other=$DISK
  new_disk a
  mknod -m 600 /dev/md127 b 9 127 2>/dev/null
  check 'RAID is made' mdadm --create /dev/md127 --run --level=1 --raid-devices=2 --assume-clean \
    "/dev/$DISK" "/dev/$other"
  make_fs ext4 /dev/md127
  mkdir -p /data/a
  check 'RAID is mounted' mount /dev/md127 /data/a
  sleep 0.5 # the superblock is written once more when the array comes to rest
  refused raid
  umount /data/a
  mdadm --stop /dev/md127
  tear_down a /data/a
  tear_down b /data/b
}
case_refuses_striped_lvm() {
  new_disk b
  local other=$DISK
  new_disk a
  vgcreate -q vg_a "/dev/$DISK" "/dev/$other"
  lvcreate -q -y -i 2 -l 100%FREE -n data vg_a
  make_fs xfs /dev/vg_a/data
  with_data /dev/vg_a/data /data/a
  refused lvm-striped
  umount /data/a
  lvremove -q -y vg_a/data
  lvcreate -q -y -l 100%FREE -n data vg_a # linear, over both
  make_fs ext4 /dev/vg_a/data
  with_data /dev/vg_a/data /data/a
  refused lvm-striped
  umount /data/a
  lvremove -q -y vg_a/data
  lvcreate -q -y -l 50 -n data vg_a "/dev/$DISK" # linear, on one, in a group of two
  make_fs ext4 /dev/vg_a/data
  with_data /dev/vg_a/data /data/a
  refused lvm-several-pvs
  tear_down a /data/a
  tear_down b /data/b
}
case_refuses_several_lvs() {
  new_disk a
  vgcreate -q vg_a "/dev/$DISK"
  lvcreate -q -y -l 50 -n data vg_a
  lvcreate -q -y -l 50 -n logs vg_a
  make_fs ext4 /dev/vg_a/data
  with_data /dev/vg_a/data /data/a
  refused lvm-several-lvs
  tear_down a /data/a
}
case_refuses_several_partitions() {
  new_disk a
  printf 'label: gpt\nstart=2048,size=512MiB\nsize=256MiB\n' | sfdisk -q "/dev/$DISK"
  sleep 0.2
  make_fs ext4 "/dev/${DISK}p1"
  with_data "/dev/${DISK}p1" /data/a
  refused several-partitions # the data is not in the last one
  make_fs ext4 "/dev/${DISK}p2"
  refused several-partitions # two filesystems
  tear_down a /data/a
}
case_refuses_unknown() {
  new_disk a
  refused unknown # nothing on it
  mkfs.ext4 -q -t ext3 "/dev/$DISK"
  refused unknown # ext3
  tear_down a /data/a
  new_disk a
  vgcreate -q vg_a "/dev/$DISK"
  refused unknown # no logical volume
  tear_down a /data/a
}
case_inactive_lvm() {
  lay_out a lvm ext4 /data/a
  umount /data/a
  vgchange -q -an vg_a
  inspect "$VOLUME"
  check 'inspection: not mounted' answered 0 '"layout":"not-mounted"'
  grow "$VOLUME" /data/a 1
  check 'growing: not mounted' answered 18 '"error":"not-mounted"'
  vgchange -q -ay vg_a
  tear_down a /data/a
}

case_inspect_all() {
  local number ids=''
  lay_out a partition-lvm ext4 /data/a
  # The device of / under a volume id, as EBS root volumes are.
  ln -sfn "$(findmnt -n -o SOURCE /)" "$BY_ID/${LINK}0ffffffffffffffff"
  ln -sfn "../../${DISK}p1" "$BY_ID/$LINK${VOLUME#vol-}-part1"
  inspect all
  check 'finds the data volume' answered 0 "\"volumeId\":\"$VOLUME\"" '"layout":"partition-lvm"'
  tear_down a /data/a
  check 'leaves out the root volume' [ "${OUT/0ffffffffffffffff/}" = "$OUT" ]
  inspect vol-0ffffffffffffffff
  check 'shows the root volume when asked for' answered 0 '"mountPoints":["/"]'
  rm -f "$BY_ID/$LINK"*
  lay_out a plain xfs /data/a
  for ((number = 1; number < 24; number++)); do
    ids=$(printf '%017x' $((number + 4096)))
    ln -sfn "../../$DISK" "$BY_ID/$LINK$ids"
  done
  inspect all
  check 'twenty-four volumes' [ "$(grep -o '"volumeId"' <<<"$OUT" | wc -l)" = 24 ]
  check 'fit in 24,000 characters' [ ${#OUT} -lt 24000 ]
  rm -f "$BY_ID/${LINK}0ffffffffffffffff"
  tear_down a /data/a
}

# ----------------------------------------------------------------------------------------------------------------------

# AUTOPILOT_SHARE: `0 3` is the first of three guests, which share the cases.
read -r share shares <<<"${AUTOPILOT_SHARE//-/ }"
number=0
for function in $(declare -F | sed -n 's/^declare -f case_//p' | grep -v '^grows$'); do
  CASE=${function//_/ }
  case $function in *"${AUTOPILOT_ONLY:-}"*) ;; *) continue ;; esac
  number=$((number + 1))
  [ $((number % shares)) = "$share" ] || continue
  started=$SECONDS
  "case_$function"
  echo "# $CASE: $((SECONDS - started)) s" >&4
done
