#!/bin/bash
# Process 1 of the guest. The host's files are its root, read-only; the tests run in a small root of their own on ext4,
# which they can fill up.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
work=$AUTOPILOT_WORK
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /mnt
modules=/usr/lib/uml/modules/$(uname -r)
insmod "$modules/kernel/drivers/block/loop.ko"

truncate -s 64M /mnt/root.img
mkfs.ext4 -q -m 0 -E lazy_itable_init=0 /mnt/root.img
mkdir /mnt/root
mount -o loop /mnt/root.img /mnt/root
cd /mnt/root || exit
mkdir -p usr etc/lvm proc sys dev run disks out data mod/lib tmp var
for name in bin sbin lib lib64; do cp -a "/$name" .; done
cp -a /etc/{passwd,group,ld.so.cache,ld.so.conf,ld.so.conf.d,alternatives,mke2fs.conf} etc/
ln -s /proc/self/mounts etc/mtab
# No udev in the guest.
printf 'activation { udev_sync = 0 udev_rules = 0 }\ndevices { obtain_device_list_from_udev = 0 }\n' >etc/lvm/lvm.conf
mount --bind /usr usr
mount --bind /proc proc
mount --bind /sys sys
mount --bind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs -o size=2g tmpfs disks
mkdir -p dev/shm
ln -sfn /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm
mount -t hostfs none out -o "$work/$AUTOPILOT_OUT"
cp "$work/inspect.sh" "$work/grow.sh" "$work/cases.sh" run/
ln -s /usr/lib/uml/modules mod/lib/modules
for module in dm-mod md-mod raid1 dm-crypt algif_skcipher algif_hash xts; do
  chroot . modprobe -d /mod "$module"
done

chroot . bash /run/cases.sh >out/log 2>out/trace
touch out/finished
echo o >/proc/sysrq-trigger
sleep 10
