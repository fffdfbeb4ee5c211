//! Where a file system is stored: on this machine, somewhere else, or nowhere at all.
//!
//! Knows the numbers of file systems (statfs(2), linux/magic.h).

use std::fs::File;

use super::{ReadError, real};

/// Where a file system is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// On a disk of this machine, or in its memory: people leave files there.
    Local,
    /// On other machines, or behind a program (FUSE).
    Remote,
    /// In an image that nobody can change.
    Image,
    /// Nowhere: the kernel makes it up.
    Virtual,
    /// Nobody here has heard of it; its number.
    Unknown(u64),
}

impl Storage {
    /// Asks the file system of something open.
    pub(super) fn of(file: &File) -> Result<Self, ReadError> {
        let found = rustix::fs::fstatfs(file).map_err(real::errno)?;
        // The kernel's numbers have 32 bits, whatever type they have on a machine.
        Ok(u64::try_from(found.f_type & 0xffff_ffff).map_or(Self::Unknown(0), Self::of_number))
    }

    fn of_number(number: u64) -> Self {
        match number {
            // bcachefs, btrfs, ecryptfs, exfat, ext2 to 4, f2fs, hfs+, jffs2, jfs, minix.
            0xca45_1a4e | 0x9123_683e | 0xf15f | 0x2011_bab0 | 0xef53 | 0xf2f5_2010 | 0x482b
            | 0x72b6 | 0x3153_464a | 0x137f | 0x138f | 0x2468 | 0x2478 | 0x4d5a
            // msdos, nilfs, ntfs, ntfs3, overlayfs, aufs, ramfs, reiserfs, tmpfs, ubifs, udf.
            | 0x4d44 | 0x3434 | 0x5346_544e | 0x7366_746e | 0x794c_7630 | 0x6175_6673
            | 0x8584_58f6 | 0x5265_4973 | 0x0102_1994 | 0x2405_1905 | 0x1501_3346
            // xfs, zfs.
            | 0x5846_5342 | 0x2fc1_2fc1 => Self::Local,
            // 9p, afs (both), ceph, cifs, coda, fuse, gfs2, lustre, ncp, nfs, ocfs2, smb (both),
            // vboxsf.
            0x0102_1997 | 0x5346_414f | 0x6b41_4653 | 0x00c3_6400 | 0xff53_4d42 | 0x7375_7245
            | 0x6573_5546 | 0x0116_1970 | 0x0bd0_0bd0 | 0x564c | 0x6969 | 0x7461_636f | 0x517b
            | 0xfe53_4d42 | 0x786f_4256 => Self::Remote,
            // cramfs, erofs, iso9660, squashfs.
            0x28cd_3d45 | 0xe0f5_e1e2 | 0x9660 | 0x7371_7368 => Self::Image,
            // autofs, binderfs, binfmt_misc, bpf, cgroup, cgroup2, configfs, debugfs, devpts.
            0x0187 | 0x6c6f_6f70 | 0x4249_4e4d | 0xcafe_4a11 | 0x0027_e0eb | 0x6367_7270
            | 0x6265_6570 | 0x6462_6720 | 0x1cd1
            // efivarfs, fusectl, hugetlbfs, mqueue, nfsd, nsfs, proc, pstore, resctrl.
            | 0xde5e_81e4 | 0x6573_5543 | 0x9584_58f6 | 0x1980_0202 | 0x6e66_7364 | 0x6e73_6673
            | 0x9fa0 | 0x6165_676c | 0x0765_5821
            // rpc_pipefs, securityfs, selinuxfs, smackfs, sysfs, tracefs, xenfs.
            | 0x6759_6969 | 0x7363_6673 | 0xf97c_ff8c | 0x4341_5d53 | 0x6265_6572 | 0x7472_6163
            | 0xabba_1974 => Self::Virtual,
            other => Self::Unknown(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_makes_up_proc_and_not_the_root() {
        let of = |path: &str| Storage::of(&File::open(path).unwrap()).unwrap();
        assert_eq!(of("/proc"), Storage::Virtual);
        assert_eq!(of("/sys"), Storage::Virtual);
        assert_eq!(of(&std::env::temp_dir().to_string_lossy()), Storage::Local);
    }

    #[test]
    fn what_is_on_the_net_is_not_here() {
        assert_eq!(Storage::of_number(0x6969), Storage::Remote);
        assert_eq!(Storage::of_number(0xff53_4d42), Storage::Remote);
        assert_eq!(Storage::of_number(0x7371_7368), Storage::Image);
        assert_eq!(Storage::of_number(1), Storage::Unknown(1));
    }
}
