//! The code pages an iPhone needs for contacts, as MS-ASWBXML 2.1.2.1 numbers them.

use super::Tag;

/// One code page: constants for its tags and their names for messages.
macro_rules! code_page {
    ($(#[$doc:meta])* $module:ident, $page:literal, { $($constant:ident = $token:literal $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "each constant is the specification's own element name")]
        pub mod $module {
            use super::Tag;
            $(pub const $constant: Tag = Tag { page: $page, token: $token };)*
            pub(super) const NAMES: &[(u8, &str)] = &[$(($token, $name)),*];
        }
    };
}

/// The name of a tag as the specification writes it; `None` for a token no table knows.
pub(super) fn name(tag: Tag) -> Option<&'static str> {
    let names = match tag.page {
        0 => airsync::NAMES,
        1 => contacts::NAMES,
        7 => folder_hierarchy::NAMES,
        12 => contacts2::NAMES,
        13 => ping::NAMES,
        14 => provision::NAMES,
        15 => search::NAMES,
        16 => gal::NAMES,
        17 => airsync_base::NAMES,
        18 => settings::NAMES,
        _ => return None,
    };
    names.iter().find(|(token, _)| *token == tag.token).map(|(_, name)| *name)
}

code_page! {
    /// Code page 0: AirSync.
    airsync, 0, {
        SYNC = 0x05 "Sync",
        RESPONSES = 0x06 "Responses",
        ADD = 0x07 "Add",
        CHANGE = 0x08 "Change",
        DELETE = 0x09 "Delete",
        FETCH = 0x0A "Fetch",
        SYNC_KEY = 0x0B "SyncKey",
        CLIENT_ID = 0x0C "ClientId",
        SERVER_ID = 0x0D "ServerId",
        STATUS = 0x0E "Status",
        COLLECTION = 0x0F "Collection",
        CLASS = 0x10 "Class",
        COLLECTION_ID = 0x12 "CollectionId",
        GET_CHANGES = 0x13 "GetChanges",
        MORE_AVAILABLE = 0x14 "MoreAvailable",
        WINDOW_SIZE = 0x15 "WindowSize",
        COMMANDS = 0x16 "Commands",
        OPTIONS = 0x17 "Options",
        FILTER_TYPE = 0x18 "FilterType",
        CONFLICT = 0x1B "Conflict",
        COLLECTIONS = 0x1C "Collections",
        APPLICATION_DATA = 0x1D "ApplicationData",
        DELETES_AS_MOVES = 0x1E "DeletesAsMoves",
        SUPPORTED = 0x20 "Supported",
        SOFT_DELETE = 0x21 "SoftDelete",
        MIME_SUPPORT = 0x22 "MIMESupport",
        MIME_TRUNCATION = 0x23 "MIMETruncation",
        WAIT = 0x24 "Wait",
        LIMIT = 0x25 "Limit",
        PARTIAL = 0x26 "Partial",
        CONVERSATION_MODE = 0x27 "ConversationMode",
        MAX_ITEMS = 0x28 "MaxItems",
        HEARTBEAT_INTERVAL = 0x29 "HeartbeatInterval",
    }
}

code_page! {
    /// Code page 1: Contacts.
    contacts, 1, {
        ANNIVERSARY = 0x05 "Anniversary",
        ASSISTANT_NAME = 0x06 "AssistantName",
        ASSISTANT_PHONE_NUMBER = 0x07 "AssistantPhoneNumber",
        BIRTHDAY = 0x08 "Birthday",
        BUSINESS2_PHONE_NUMBER = 0x0C "Business2PhoneNumber",
        BUSINESS_ADDRESS_CITY = 0x0D "BusinessAddressCity",
        BUSINESS_ADDRESS_COUNTRY = 0x0E "BusinessAddressCountry",
        BUSINESS_ADDRESS_POSTAL_CODE = 0x0F "BusinessAddressPostalCode",
        BUSINESS_ADDRESS_STATE = 0x10 "BusinessAddressState",
        BUSINESS_ADDRESS_STREET = 0x11 "BusinessAddressStreet",
        BUSINESS_FAX_NUMBER = 0x12 "BusinessFaxNumber",
        BUSINESS_PHONE_NUMBER = 0x13 "BusinessPhoneNumber",
        CAR_PHONE_NUMBER = 0x14 "CarPhoneNumber",
        CATEGORIES = 0x15 "Categories",
        CATEGORY = 0x16 "Category",
        CHILDREN = 0x17 "Children",
        CHILD = 0x18 "Child",
        COMPANY_NAME = 0x19 "CompanyName",
        DEPARTMENT = 0x1A "Department",
        EMAIL1_ADDRESS = 0x1B "Email1Address",
        EMAIL2_ADDRESS = 0x1C "Email2Address",
        EMAIL3_ADDRESS = 0x1D "Email3Address",
        FILE_AS = 0x1E "FileAs",
        FIRST_NAME = 0x1F "FirstName",
        HOME2_PHONE_NUMBER = 0x20 "Home2PhoneNumber",
        HOME_ADDRESS_CITY = 0x21 "HomeAddressCity",
        HOME_ADDRESS_COUNTRY = 0x22 "HomeAddressCountry",
        HOME_ADDRESS_POSTAL_CODE = 0x23 "HomeAddressPostalCode",
        HOME_ADDRESS_STATE = 0x24 "HomeAddressState",
        HOME_ADDRESS_STREET = 0x25 "HomeAddressStreet",
        HOME_FAX_NUMBER = 0x26 "HomeFaxNumber",
        HOME_PHONE_NUMBER = 0x27 "HomePhoneNumber",
        JOB_TITLE = 0x28 "JobTitle",
        LAST_NAME = 0x29 "LastName",
        MIDDLE_NAME = 0x2A "MiddleName",
        MOBILE_PHONE_NUMBER = 0x2B "MobilePhoneNumber",
        OFFICE_LOCATION = 0x2C "OfficeLocation",
        OTHER_ADDRESS_CITY = 0x2D "OtherAddressCity",
        OTHER_ADDRESS_COUNTRY = 0x2E "OtherAddressCountry",
        OTHER_ADDRESS_POSTAL_CODE = 0x2F "OtherAddressPostalCode",
        OTHER_ADDRESS_STATE = 0x30 "OtherAddressState",
        OTHER_ADDRESS_STREET = 0x31 "OtherAddressStreet",
        PAGER_NUMBER = 0x32 "PagerNumber",
        RADIO_PHONE_NUMBER = 0x33 "RadioPhoneNumber",
        SPOUSE = 0x34 "Spouse",
        SUFFIX = 0x35 "Suffix",
        TITLE = 0x36 "Title",
        WEB_PAGE = 0x37 "WebPage",
        YOMI_COMPANY_NAME = 0x38 "YomiCompanyName",
        YOMI_FIRST_NAME = 0x39 "YomiFirstName",
        YOMI_LAST_NAME = 0x3A "YomiLastName",
        PICTURE = 0x3C "Picture",
        ALIAS = 0x3D "Alias",
        WEIGHTED_RANK = 0x3E "WeightedRank",
    }
}

code_page! {
    /// Code page 7: FolderHierarchy.
    folder_hierarchy, 7, {
        FOLDERS = 0x05 "Folders",
        FOLDER = 0x06 "Folder",
        DISPLAY_NAME = 0x07 "DisplayName",
        SERVER_ID = 0x08 "ServerId",
        PARENT_ID = 0x09 "ParentId",
        TYPE = 0x0A "Type",
        STATUS = 0x0C "Status",
        CHANGES = 0x0E "Changes",
        ADD = 0x0F "Add",
        DELETE = 0x10 "Delete",
        UPDATE = 0x11 "Update",
        SYNC_KEY = 0x12 "SyncKey",
        FOLDER_CREATE = 0x13 "FolderCreate",
        FOLDER_DELETE = 0x14 "FolderDelete",
        FOLDER_UPDATE = 0x15 "FolderUpdate",
        FOLDER_SYNC = 0x16 "FolderSync",
        COUNT = 0x17 "Count",
    }
}

code_page! {
    /// Code page 12: Contacts2.
    contacts2, 12, {
        CUSTOMER_ID = 0x05 "CustomerId",
        GOVERNMENT_ID = 0x06 "GovernmentId",
        IM_ADDRESS = 0x07 "IMAddress",
        IM_ADDRESS2 = 0x08 "IMAddress2",
        IM_ADDRESS3 = 0x09 "IMAddress3",
        MANAGER_NAME = 0x0A "ManagerName",
        COMPANY_MAIN_PHONE = 0x0B "CompanyMainPhone",
        ACCOUNT_NAME = 0x0C "AccountName",
        NICK_NAME = 0x0D "NickName",
        MMS = 0x0E "MMS",
    }
}

code_page! {
    /// Code page 13: Ping.
    ping, 13, {
        PING = 0x05 "Ping",
        STATUS = 0x07 "Status",
        HEARTBEAT_INTERVAL = 0x08 "HeartbeatInterval",
        FOLDERS = 0x09 "Folders",
        FOLDER = 0x0A "Folder",
        ID = 0x0B "Id",
        CLASS = 0x0C "Class",
        MAX_FOLDERS = 0x0D "MaxFolders",
    }
}

code_page! {
    /// Code page 14: Provision.
    provision, 14, {
        PROVISION = 0x05 "Provision",
        POLICIES = 0x06 "Policies",
        POLICY = 0x07 "Policy",
        POLICY_TYPE = 0x08 "PolicyType",
        POLICY_KEY = 0x09 "PolicyKey",
        DATA = 0x0A "Data",
        STATUS = 0x0B "Status",
        REMOTE_WIPE = 0x0C "RemoteWipe",
        EAS_PROVISION_DOC = 0x0D "EASProvisionDoc",
        DEVICE_PASSWORD_ENABLED = 0x0E "DevicePasswordEnabled",
        ALPHANUMERIC_DEVICE_PASSWORD_REQUIRED = 0x0F "AlphanumericDevicePasswordRequired",
        REQUIRE_STORAGE_CARD_ENCRYPTION = 0x10 "RequireStorageCardEncryption",
        PASSWORD_RECOVERY_ENABLED = 0x11 "PasswordRecoveryEnabled",
        ATTACHMENTS_ENABLED = 0x13 "AttachmentsEnabled",
        MIN_DEVICE_PASSWORD_LENGTH = 0x14 "MinDevicePasswordLength",
        MAX_INACTIVITY_TIME_DEVICE_LOCK = 0x15 "MaxInactivityTimeDeviceLock",
        MAX_DEVICE_PASSWORD_FAILED_ATTEMPTS = 0x16 "MaxDevicePasswordFailedAttempts",
        MAX_ATTACHMENT_SIZE = 0x17 "MaxAttachmentSize",
        ALLOW_SIMPLE_DEVICE_PASSWORD = 0x18 "AllowSimpleDevicePassword",
        DEVICE_PASSWORD_EXPIRATION = 0x19 "DevicePasswordExpiration",
        DEVICE_PASSWORD_HISTORY = 0x1A "DevicePasswordHistory",
        ALLOW_STORAGE_CARD = 0x1B "AllowStorageCard",
        ALLOW_CAMERA = 0x1C "AllowCamera",
        REQUIRE_DEVICE_ENCRYPTION = 0x1D "RequireDeviceEncryption",
        ALLOW_UNSIGNED_APPLICATIONS = 0x1E "AllowUnsignedApplications",
        ALLOW_UNSIGNED_INSTALLATION_PACKAGES = 0x1F "AllowUnsignedInstallationPackages",
        MIN_DEVICE_PASSWORD_COMPLEX_CHARACTERS = 0x20 "MinDevicePasswordComplexCharacters",
        ALLOW_WI_FI = 0x21 "AllowWiFi",
        ALLOW_TEXT_MESSAGING = 0x22 "AllowTextMessaging",
        ALLOW_POPIMAP_EMAIL = 0x23 "AllowPOPIMAPEmail",
        ALLOW_BLUETOOTH = 0x24 "AllowBluetooth",
        ALLOW_IR_DA = 0x25 "AllowIrDA",
        REQUIRE_MANUAL_SYNC_WHEN_ROAMING = 0x26 "RequireManualSyncWhenRoaming",
        ALLOW_DESKTOP_SYNC = 0x27 "AllowDesktopSync",
        MAX_CALENDAR_AGE_FILTER = 0x28 "MaxCalendarAgeFilter",
        ALLOW_HTML_EMAIL = 0x29 "AllowHTMLEmail",
        MAX_EMAIL_AGE_FILTER = 0x2A "MaxEmailAgeFilter",
        MAX_EMAIL_BODY_TRUNCATION_SIZE = 0x2B "MaxEmailBodyTruncationSize",
        MAX_EMAIL_HTML_BODY_TRUNCATION_SIZE = 0x2C "MaxEmailHTMLBodyTruncationSize",
        REQUIRE_SIGNED_SMIME_MESSAGES = 0x2D "RequireSignedSMIMEMessages",
        REQUIRE_ENCRYPTED_SMIME_MESSAGES = 0x2E "RequireEncryptedSMIMEMessages",
        REQUIRE_SIGNED_SMIME_ALGORITHM = 0x2F "RequireSignedSMIMEAlgorithm",
        REQUIRE_ENCRYPTION_SMIME_ALGORITHM = 0x30 "RequireEncryptionSMIMEAlgorithm",
        ALLOW_SMIME_ENCRYPTION_ALGORITHM_NEGOTIATION = 0x31 "AllowSMIMEEncryptionAlgorithmNegotiation",
        ALLOW_SMIME_SOFT_CERTS = 0x32 "AllowSMIMESoftCerts",
        ALLOW_BROWSER = 0x33 "AllowBrowser",
        ALLOW_CONSUMER_EMAIL = 0x34 "AllowConsumerEmail",
        ALLOW_REMOTE_DESKTOP = 0x35 "AllowRemoteDesktop",
        ALLOW_INTERNET_SHARING = 0x36 "AllowInternetSharing",
        UNAPPROVED_IN_ROM_APPLICATION_LIST = 0x37 "UnapprovedInROMApplicationList",
        APPLICATION_NAME = 0x38 "ApplicationName",
        APPROVED_APPLICATION_LIST = 0x39 "ApprovedApplicationList",
        HASH = 0x3A "Hash",
        ACCOUNT_ONLY_REMOTE_WIPE = 0x3B "AccountOnlyRemoteWipe",
    }
}

code_page! {
    /// Code page 15: Search.
    search, 15, {
        SEARCH = 0x05 "Search",
        STORE = 0x07 "Store",
        NAME = 0x08 "Name",
        QUERY = 0x09 "Query",
        OPTIONS = 0x0A "Options",
        RANGE = 0x0B "Range",
        STATUS = 0x0C "Status",
        RESPONSE = 0x0D "Response",
        RESULT = 0x0E "Result",
        PROPERTIES = 0x0F "Properties",
        TOTAL = 0x10 "Total",
        EQUAL_TO = 0x11 "EqualTo",
        VALUE = 0x12 "Value",
        AND = 0x13 "And",
        OR = 0x14 "Or",
        FREE_TEXT = 0x15 "FreeText",
        DEEP_TRAVERSAL = 0x17 "DeepTraversal",
        LONG_ID = 0x18 "LongId",
        REBUILD_RESULTS = 0x19 "RebuildResults",
        LESS_THAN = 0x1A "LessThan",
        GREATER_THAN = 0x1B "GreaterThan",
        USER_NAME = 0x1E "UserName",
        PASSWORD = 0x1F "Password",
        CONVERSATION_ID = 0x20 "ConversationId",
        PICTURE = 0x21 "Picture",
        MAX_SIZE = 0x22 "MaxSize",
        MAX_PICTURES = 0x23 "MaxPictures",
    }
}

code_page! {
    /// Code page 16: GAL.
    gal, 16, {
        DISPLAY_NAME = 0x05 "DisplayName",
        PHONE = 0x06 "Phone",
        OFFICE = 0x07 "Office",
        TITLE = 0x08 "Title",
        COMPANY = 0x09 "Company",
        ALIAS = 0x0A "Alias",
        FIRST_NAME = 0x0B "FirstName",
        LAST_NAME = 0x0C "LastName",
        HOME_PHONE = 0x0D "HomePhone",
        MOBILE_PHONE = 0x0E "MobilePhone",
        EMAIL_ADDRESS = 0x0F "EmailAddress",
        PICTURE = 0x10 "Picture",
        STATUS = 0x11 "Status",
        DATA = 0x12 "Data",
    }
}

code_page! {
    /// Code page 17: AirSyncBase.
    airsync_base, 17, {
        BODY_PREFERENCE = 0x05 "BodyPreference",
        TYPE = 0x06 "Type",
        TRUNCATION_SIZE = 0x07 "TruncationSize",
        ALL_OR_NONE = 0x08 "AllOrNone",
        BODY = 0x0A "Body",
        DATA = 0x0B "Data",
        ESTIMATED_DATA_SIZE = 0x0C "EstimatedDataSize",
        TRUNCATED = 0x0D "Truncated",
        ATTACHMENTS = 0x0E "Attachments",
        ATTACHMENT = 0x0F "Attachment",
        DISPLAY_NAME = 0x10 "DisplayName",
        FILE_REFERENCE = 0x11 "FileReference",
        METHOD = 0x12 "Method",
        CONTENT_ID = 0x13 "ContentId",
        CONTENT_LOCATION = 0x14 "ContentLocation",
        IS_INLINE = 0x15 "IsInline",
        NATIVE_BODY_TYPE = 0x16 "NativeBodyType",
        CONTENT_TYPE = 0x17 "ContentType",
        PREVIEW = 0x18 "Preview",
        BODY_PART_PREFERENCE = 0x19 "BodyPartPreference",
        BODY_PART = 0x1A "BodyPart",
        STATUS = 0x1B "Status",
        ADD = 0x1C "Add",
        DELETE = 0x1D "Delete",
        CLIENT_ID = 0x1E "ClientId",
        CONTENT = 0x1F "Content",
        LOCATION = 0x20 "Location",
        ANNOTATION = 0x21 "Annotation",
        STREET = 0x22 "Street",
        CITY = 0x23 "City",
        STATE = 0x24 "State",
        COUNTRY = 0x25 "Country",
        POSTAL_CODE = 0x26 "PostalCode",
        LATITUDE = 0x27 "Latitude",
        LONGITUDE = 0x28 "Longitude",
        ACCURACY = 0x29 "Accuracy",
        ALTITUDE = 0x2A "Altitude",
        ALTITUDE_ACCURACY = 0x2B "AltitudeAccuracy",
        LOCATION_URI = 0x2C "LocationUri",
        INSTANCE_ID = 0x2D "InstanceId",
    }
}

code_page! {
    /// Code page 18: Settings.
    settings, 18, {
        SETTINGS = 0x05 "Settings",
        STATUS = 0x06 "Status",
        GET = 0x07 "Get",
        SET = 0x08 "Set",
        OOF = 0x09 "Oof",
        OOF_STATE = 0x0A "OofState",
        START_TIME = 0x0B "StartTime",
        END_TIME = 0x0C "EndTime",
        OOF_MESSAGE = 0x0D "OofMessage",
        APPLIES_TO_INTERNAL = 0x0E "AppliesToInternal",
        APPLIES_TO_EXTERNAL_KNOWN = 0x0F "AppliesToExternalKnown",
        APPLIES_TO_EXTERNAL_UNKNOWN = 0x10 "AppliesToExternalUnknown",
        ENABLED = 0x11 "Enabled",
        REPLY_MESSAGE = 0x12 "ReplyMessage",
        BODY_TYPE = 0x13 "BodyType",
        DEVICE_PASSWORD = 0x14 "DevicePassword",
        PASSWORD = 0x15 "Password",
        DEVICE_INFORMATION = 0x16 "DeviceInformation",
        MODEL = 0x17 "Model",
        IMEI = 0x18 "IMEI",
        FRIENDLY_NAME = 0x19 "FriendlyName",
        OS = 0x1A "OS",
        OS_LANGUAGE = 0x1B "OSLanguage",
        PHONE_NUMBER = 0x1C "PhoneNumber",
        USER_INFORMATION = 0x1D "UserInformation",
        EMAIL_ADDRESSES = 0x1E "EmailAddresses",
        SMTP_ADDRESS = 0x1F "SMTPAddress",
        USER_AGENT = 0x20 "UserAgent",
        ENABLE_OUTBOUND_SMS = 0x21 "EnableOutboundSMS",
        MOBILE_OPERATOR = 0x22 "MobileOperator",
        PRIMARY_SMTP_ADDRESS = 0x23 "PrimarySmtpAddress",
        ACCOUNTS = 0x24 "Accounts",
        ACCOUNT = 0x25 "Account",
        ACCOUNT_ID = 0x26 "AccountId",
        ACCOUNT_NAME = 0x27 "AccountName",
        USER_DISPLAY_NAME = 0x28 "UserDisplayName",
        SEND_DISABLED = 0x29 "SendDisabled",
        RIGHTS_MANAGEMENT_INFORMATION = 0x2B "RightsManagementInformation",
    }
}
