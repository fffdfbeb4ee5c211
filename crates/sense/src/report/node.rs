//! One item of an XML report as a small tree.

/// An element with what it holds; names are without their namespace's prefix.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: Attributes,
    /// Its own text, all runs together.
    pub(crate) text: String,
    pub(crate) children: Vec<Node>,
}

/// The attributes of an element, in their order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Attributes(pub(crate) Vec<(String, String)>);

impl Attributes {
    /// The value of an attribute; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

impl Node {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The trimmed text of the first child of that name; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// Every child of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The children of the first child `list` that are named `name`.
    pub(crate) fn list<'a>(
        &'a self,
        list: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Self> {
        self.child(list).into_iter().flat_map(move |child| child.all(name))
    }
}
