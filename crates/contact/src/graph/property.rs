//! The property names of the v1.0 `contact` resource.

macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$variant_doc])* $variant,)* }

        impl $enum {
            /// All of them, in the order of the resource.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The property of this name; names are case-sensitive. `None` for any other.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names! {
    /// The properties that are one text.
    Text {
        /// The assistant's name.
        AssistantName = "assistantName",
        /// The first web page.
        BusinessHomePage = "businessHomePage",
        /// The first company.
        CompanyName = "companyName",
        /// The first company's department.
        Department = "department",
        /// The whole name; computed from the parts when the card has none.
        DisplayName = "displayName",
        /// The text filed under; computed from the parts when the card has none.
        FileAs = "fileAs",
        /// "Jr."; what vCard and ActiveSync call the suffix.
        Generation = "generation",
        /// First name.
        GivenName = "givenName",
        /// "A. B.".
        Initials = "initials",
        /// What the person is called at work.
        JobTitle = "jobTitle",
        /// The manager's name.
        Manager = "manager",
        /// Middle name.
        MiddleName = "middleName",
        /// The first mobile number.
        MobilePhone = "mobilePhone",
        /// The first nickname.
        NickName = "nickName",
        /// Room or site.
        OfficeLocation = "officeLocation",
        /// The first note.
        PersonalNotes = "personalNotes",
        /// vCard's ROLE.
        Profession = "profession",
        /// The spouse's name.
        SpouseName = "spouseName",
        /// Last name.
        Surname = "surname",
        /// "Dr."; what vCard calls the prefix.
        Title = "title",
        /// How the company's name is pronounced.
        YomiCompanyName = "yomiCompanyName",
        /// How the first name is pronounced.
        YomiGivenName = "yomiGivenName",
        /// How the last name is pronounced.
        YomiSurname = "yomiSurname",
    }
}

names! {
    /// The properties that are lists of texts.
    List {
        /// Telephones at work, at most [`PHONES_SHOWN`](super::PHONES_SHOWN).
        BusinessPhones = "businessPhones",
        /// Categories, all of them.
        Categories = "categories",
        /// Children's names, all of them.
        Children = "children",
        /// Telephones at home, at most [`PHONES_SHOWN`](super::PHONES_SHOWN).
        HomePhones = "homePhones",
        /// Messaging addresses, at most [`IM_ADDRESSES_SHOWN`](super::IM_ADDRESSES_SHOWN).
        ImAddresses = "imAddresses",
    }
}

names! {
    /// The three postal addresses.
    Place {
        /// The first address at work.
        Business = "businessAddress",
        /// The first address at home that is not also at work.
        Home = "homeAddress",
        /// The first address that is neither.
        Other = "otherAddress",
    }
}

names! {
    /// The e-mail addresses one by one.
    EmailSlot {
        /// `emailAddresses[0]`.
        Primary = "primaryEmailAddress",
        /// `emailAddresses[1]`.
        Secondary = "secondaryEmailAddress",
        /// `emailAddresses[2]`.
        Tertiary = "tertiaryEmailAddress",
    }
}

impl EmailSlot {
    /// The place in `emailAddresses`.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The e-mail list.
pub const EMAIL_ADDRESSES: &str = "emailAddresses";
/// The birthday, a `DateTimeOffset` whose time means nothing.
pub const BIRTHDAY: &str = "birthday";
/// The extended properties, as sent and as expanded.
pub const SINGLE_VALUE_EXTENDED_PROPERTIES: &str = "singleValueExtendedProperties";
/// The folder; a patch of it is a move.
pub const PARENT_FOLDER_ID: &str = "parentFolderId";
/// What a client may send back and what is the server's alone: ignored, as Graph does.
pub const READ_ONLY: [&str; 4] = ["id", "changeKey", "createdDateTime", "lastModifiedDateTime"];

names! {
    /// The members of an address.
    AddressPart {
        /// Street and number.
        Street = "street",
        /// Town.
        City = "city",
        /// State or province.
        State = "state",
        /// Postal code.
        PostalCode = "postalCode",
        /// Country, in words.
        CountryOrRegion = "countryOrRegion",
    }
}
