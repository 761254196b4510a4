//! A normalised event on its way into Arrow columns.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int64Builder, ListBuilder, StringBuilder, StructBuilder, TimestampNanosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use waxseal_model::{Nanos, event_schema, item_fields, property_fields};

/// Text of an event: borrowed from the record wherever it can be.
pub type Text<'a> = Option<Cow<'a, str>>;

/// One entry of the `properties` column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Property<'a> {
    /// Name in the provider's spelling.
    pub name: Cow<'a, str>,
    /// Value before, where the record tells it.
    pub old: Text<'a>,
    /// Value after, or the value of a parameter.
    pub new: Text<'a>,
}

/// One entry of the `items` column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item<'a> {
    /// InternetMessageId, as recorded.
    pub message_id: Text<'a>,
    /// ImmutableId.
    pub immutable_id: Text<'a>,
    /// The item's id.
    pub id: Text<'a>,
    /// Size in bytes.
    pub size_bytes: Option<i64>,
    /// Subject.
    pub subject: Text<'a>,
    /// Folder path, as displayed to the user.
    pub folder: Text<'a>,
}

macro_rules! event_columns {
    ($($name:ident : $kind:ident),+ $(,)?) => {
        /// One normalised event. The fields are the columns of [`waxseal_model::COLUMNS`]; what they mean stands there.
        #[derive(Debug, Clone, Default)]
        #[expect(missing_docs, reason = "each field is documented as a column in waxseal-model")]
        pub struct Event<'a> {
            $(pub $name: event_columns!(@value $kind),)+
        }

        /// Builders for the columns of [`waxseal_model::COLUMNS`].
        #[derive(Debug)]
        pub(crate) struct EventColumns { $($name: event_columns!(@builder $kind),)+ }

        impl EventColumns {
            /// Builders with room for so many bytes of raw records.
            pub(crate) fn new(raw_bytes: usize) -> Self {
                Self { raw: StringBuilder::with_capacity(raw_bytes / 1024, raw_bytes), ..Self::empty() }
            }

            fn empty() -> Self {
                Self { $($name: event_columns!(@new $kind),)+ }
            }

            /// Adds one row.
            pub(crate) fn append(&mut self, event: &Event<'_>) {
                $(event_columns!(@append $kind, self.$name, event.$name);)+
            }

            fn arrays(&mut self) -> Vec<ArrayRef> {
                vec![$(Arc::new(self.$name.finish()) as ArrayRef),+]
            }
        }
    };
    (@value Text) => { Text<'a> };
    (@value Int) => { Option<i64> };
    (@value Bool) => { Option<bool> };
    (@value Time) => { Option<Nanos> };
    (@value Properties) => { Vec<Property<'a>> };
    (@value Items) => { Vec<Item<'a>> };
    (@builder Text) => { StringBuilder };
    (@builder Int) => { Int64Builder };
    (@builder Bool) => { BooleanBuilder };
    (@builder Time) => { TimestampNanosecondBuilder };
    (@builder Properties) => { ListBuilder<StructBuilder> };
    (@builder Items) => { ListBuilder<StructBuilder> };
    (@new Text) => { StringBuilder::new() };
    (@new Int) => { Int64Builder::new() };
    (@new Bool) => { BooleanBuilder::new() };
    (@new Time) => { TimestampNanosecondBuilder::new().with_timezone("UTC") };
    (@new Properties) => { ListBuilder::new(StructBuilder::from_fields(property_fields(), 0)) };
    (@new Items) => { ListBuilder::new(StructBuilder::from_fields(item_fields(), 0)) };
    (@append Text, $to:expr, $from:expr) => { $to.append_option($from.as_deref()) };
    (@append Int, $to:expr, $from:expr) => { $to.append_option($from) };
    (@append Bool, $to:expr, $from:expr) => { $to.append_option($from) };
    (@append Time, $to:expr, $from:expr) => { $to.append_option($from.map(|t| t.0)) };
    (@append Properties, $to:expr, $from:expr) => { append_properties(&mut $to, &$from) };
    (@append Items, $to:expr, $from:expr) => { append_items(&mut $to, &$from) };
}

event_columns! {
    id: Text, time: Time, time_ingested: Time, tenant: Text, log_class: Text, workload: Text, operation: Text, record_type: Int,
    result: Text, error_code: Text, actor: Text, actor_id: Text, actor_kind: Text, user_type: Int, mailbox: Text, mailbox_id: Text,
    logon_type: Text, external_access: Bool, target: Text, target_id: Text, target_kind: Text, properties: Properties,
    client_ip: Text, client_port: Int, ip_class: Text, country: Text, asn: Int, client_info: Text, client_protocol: Text,
    user_agent: Text, app_id: Text, client_app_id: Text, ctx_client_app_id: Text, resource_id: Text, session_id: Text,
    aad_session_id: Text, uti: Text, token_issued_at: Time, token_object_id: Text, token_tenant_id: Text, token_type: Text,
    auth_protocol: Text, device_id: Text, correlation_id: Text, access_kind: Text, throttled: Bool, item_count: Int, items: Items,
    folder_id: Text, truncated: Bool, evidence_id: Text, offset: Int, raw: Text,
}

impl EventColumns {
    /// The rows added so far as one batch; the builders are empty afterwards.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, arrow_schema::ArrowError> {
        RecordBatch::try_new(event_schema(), self.arrays())
    }
}

fn append_properties(list: &mut ListBuilder<StructBuilder>, properties: &[Property<'_>]) {
    let entries = list.values();
    for property in properties {
        append_text(entries, 0, Some(&property.name));
        append_text(entries, 1, property.old.as_deref());
        append_text(entries, 2, property.new.as_deref());
        entries.append(true);
    }
    list.append(!properties.is_empty());
}

fn append_items(list: &mut ListBuilder<StructBuilder>, items: &[Item<'_>]) {
    let entries = list.values();
    for item in items {
        append_text(entries, 0, item.message_id.as_deref());
        append_text(entries, 1, item.immutable_id.as_deref());
        append_text(entries, 2, item.id.as_deref());
        if let Some(sizes) = entries.field_builder::<Int64Builder>(3) {
            sizes.append_option(item.size_bytes);
        }
        append_text(entries, 4, item.subject.as_deref());
        append_text(entries, 5, item.folder.as_deref());
        entries.append(true);
    }
    list.append(!items.is_empty());
}

fn append_text(entries: &mut StructBuilder, field: usize, value: Option<&str>) {
    // The builders were made from the model's fields, so the kind is right; the schema test below would fail otherwise.
    if let Some(texts) = entries.field_builder::<StringBuilder>(field) {
        texts.append_option(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_becomes_a_row_of_the_models_schema() {
        let mut columns = EventColumns::new(0);
        let event = Event {
            id: Some("a".into()),
            tenant: Some("t".into()),
            log_class: Some("ual.other".into()),
            truncated: Some(false),
            evidence_id: Some("e".into()),
            offset: Some(0),
            raw: Some("{}".into()),
            properties: vec![Property { name: "Name".into(), old: None, new: Some("v".into()) }],
            items: vec![Item { message_id: Some("<m>".into()), size_bytes: Some(4), ..Item::default() }],
            ..Event::default()
        };
        columns.append(&event);
        let batch = columns.finish().expect("the builders follow the schema");
        assert_eq!(batch.num_rows(), 1);
        assert_eq!(batch.schema(), event_schema());
    }
}
