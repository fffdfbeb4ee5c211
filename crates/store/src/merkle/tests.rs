use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

const SIZES: [usize; 9] = [0, 1, 2, 3, 5, 7, 8, 1000, 65_537];

/// What is hashed behind 0x00: the oracle gets these bytes, our code header and payload digest.
fn preimage(n: usize) -> (Vec<u8>, Digest, Vec<u8>) {
    let header = format!("header {n}").into_bytes();
    let digest = payload_digest(&[7; 16], format!("payload {n}").as_bytes());
    let whole = [header.as_slice(), &digest.0].concat();
    (header, digest, whole)
}

fn leaves(size: usize) -> Vec<Digest> {
    (0..size).map(preimage).map(|(header, digest, _)| leaf_hash(&header, &digest)).collect()
}

fn oracle(size: usize) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|n| tree.push(preimage(n).2));
    tree
}

fn frontier(leaves: &[Digest]) -> Frontier {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf, &mut |_, _, _| {});
    }
    frontier
}

fn bytes(path: &[Digest]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

/// Some positions of a tree: all of a small one, the telling ones of a great one.
fn positions(size: usize) -> Vec<usize> {
    match size {
        0..=8 => (0..size).collect(),
        9..=1000 => vec![0, 1, 2, 255, 256, size / 2, size / 2 + 1, size - 2, size - 1],
        _ => vec![1, 256, size / 2, size - 1],
    }
}

#[test]
fn roots_equal_the_oracle() {
    for size in SIZES {
        let ours = leaves(size);
        let theirs = oracle(size).root();
        assert_eq!(theirs.as_bytes().as_slice(), root(&ours).0, "size {size}");
        assert_eq!(frontier(&ours).root(), root(&ours), "size {size}");
    }
}

#[test]
fn the_empty_tree_has_the_root_of_rfc_6962() {
    assert_eq!(
        empty_root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn inclusion_proofs_equal_the_oracle_and_hold() {
    for size in SIZES {
        let (ours, theirs) = (leaves(size), oracle(size));
        let top = root(&ours);
        for index in positions(size) {
            let path = inclusion(&ours, index).unwrap();
            assert_eq!(theirs.prove_inclusion(index).as_bytes(), bytes(&path), "{index} of {size}");
            let (at, n) = (index as u64, size as u64);
            assert!(verify_inclusion(&ours[index], at, n, &path, &top));
            let given = InclusionProof::<Sha256>::try_from_bytes(bytes(&path)).unwrap();
            theirs.root().verify_inclusion(&preimage(index).2, at, &given).unwrap();
            if size > 1 {
                assert!(!verify_inclusion(&ours[index], (at + 1) % n, n, &path, &top));
                assert!(!verify_inclusion(&top, at, n, &path, &top));
                assert!(!verify_inclusion(&ours[index], at, n, &path[1..], &top));
            }
            let longer = [path.as_slice(), &[top]].concat();
            assert!(!verify_inclusion(&ours[index], at, n, &longer, &top));
        }
        assert_eq!(inclusion(&ours, size), None);
    }
}

#[test]
fn consistency_proofs_equal_the_oracle_and_hold() {
    for size in SIZES {
        let (ours, theirs) = (leaves(size), oracle(size));
        let new = root(&ours);
        for old_size in positions(size).into_iter().filter(|old| *old > 0) {
            let old = root(&ours[..old_size]);
            let path = consistency(&ours, old_size).unwrap();
            let expected = theirs.prove_consistency(size - old_size);
            assert_eq!(expected.as_bytes(), bytes(&path), "{old_size} of {size}");
            let (a, b) = (old_size as u64, size as u64);
            assert!(verify_consistency(a, b, &path, &old, &new));
            assert!(!verify_consistency(a, b, &path, &new, &new));
            assert!(!verify_consistency(a, b, &path, &old, &old));
            let given = ConsistencyProof::<Sha256>::try_from_bytes(bytes(&path)).unwrap();
            let old_root = RootHash::<Sha256>::new(old.0.into(), a);
            theirs.root().verify_consistency(&old_root, &given).unwrap();
        }
    }
}

#[test]
fn a_consistency_proof_from_nothing_or_to_itself_is_empty() {
    let ours = leaves(5);
    let top = root(&ours);
    assert_eq!(consistency(&ours, 0), Some(Vec::new()));
    assert!(verify_consistency(0, 5, &[], &empty_root(), &top));
    assert!(verify_consistency(5, 5, &[], &top, &top));
    assert!(!verify_consistency(6, 5, &[], &top, &top));
    assert_eq!(consistency(&ours, 6), None);
}

#[test]
fn a_tree_over_subtrees_has_the_same_form() {
    for size in [1, 255, 256, 257, 512, 513, 1000, 1025] {
        let ours = leaves(size);
        let tiles: Vec<Digest> = ours.chunks(256).map(root).collect();
        assert_eq!(root(&tiles), root(&ours), "size {size}");
        for index in [0, size / 2, size - 1] {
            let (tile, within) = (index / 256, index % 256);
            let mut path = inclusion(ours.chunks(256).nth(tile).unwrap(), within).unwrap();
            path.extend(inclusion(&tiles, tile).unwrap());
            assert_eq!(inclusion(&ours, index), Some(path), "{index} of {size}");
        }
    }
}

proptest! {
    #[test]
    fn a_frontier_survives_being_kept(size in 0..300_usize, more in 0..40_usize) {
        let all = leaves(size + more);
        let kept = frontier(&all[..size]);
        let mut back = Frontier::from_bytes(kept.size(), &kept.to_bytes()).unwrap();
        prop_assert_eq!(&back, &kept);
        let mut nodes = Vec::new();
        for leaf in &all[size..] {
            back.push(*leaf, &mut |level, at, hash| nodes.push((level, at, hash)));
        }
        prop_assert_eq!(back.root(), root(&all));
        for (level, at, hash) in nodes {
            let width = 1 << level;
            let from = usize::try_from(at).unwrap() * width;
            prop_assert_eq!(hash, root(&all[from..from + width]));
        }
        prop_assert_eq!(Frontier::from_bytes(kept.size() + 1, &kept.to_bytes()).is_some(),
            kept.size().count_ones() == (kept.size() + 1).count_ones());
    }
}
