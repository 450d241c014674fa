//! Every sample of the documents, made longer in every shape, through the decoder of its kind.

use tieline_axeos::{CallReply, CallRequest, Entry, Listing, Phone, User};
use tieline_cloudpbx::stream::Message;
use tieline_cloudpbx::{CdrRecord, Listing as Rows, RecordingRecord, SmsResponse};
use tieline_core::Text;
use tieline_core::json::decode;
use tieline_portsip_im as im;
use tieline_portsip_wsi as wsi;
use tieline_testkit::{AXEOS, AxeosKind, CLOUDPBX_REST, CLOUDPBX_STREAM, IM, Kind, RestKind, Side, WSI};

use crate::judge::{Report, each};
use crate::shapes::SHAPES;

type Decoder = fn(&[Text]);

fn wsi_server(texts: &[Text]) {
    each(texts, |text| wsi::ServerMessage::decode_frame(text, 64));
}

fn wsi_client(texts: &[Text]) {
    each(texts, |text| wsi::ClientMessage::decode(text));
}

fn im_server(texts: &[Text]) {
    each(texts, |text| im::ServerMessage::decode_frame(text, 64));
}

fn im_client(texts: &[Text]) {
    each(texts, |text| im::ClientMessage::decode_frame(text, 64));
}

fn axeos(kind: AxeosKind) -> (&'static str, Decoder) {
    match kind {
        AxeosKind::Users => {
            ("Axeos users", |texts| each(texts, |text| Listing::<User<Text>>::decode(text.clone(), 64)))
        }
        AxeosKind::Phones => {
            ("Axeos phones", |texts| each(texts, |text| Listing::<Phone<Text>>::decode(text.clone(), 64)))
        }
        AxeosKind::Events => {
            ("Axeos events", |texts| each(texts, |text| Listing::<Entry<Text>>::decode(text.clone(), 64)))
        }
        AxeosKind::CallRequest => ("Axeos call", |texts| each(texts, |text| CallRequest::from_json(text))),
        AxeosKind::CallReply => {
            ("Axeos answer to a call", |texts| each(texts, |text| decode::<CallReply<String>>(text)))
        }
    }
}

fn cloudpbx(kind: RestKind) -> (&'static str, Decoder) {
    match kind {
        RestKind::Cdr => ("CloudPBX cdr", |texts| each(texts, |text| Rows::<CdrRecord<Text>>::decode(text, 20_000))),
        RestKind::Record => {
            ("CloudPBX record", |texts| each(texts, |text| Rows::<RecordingRecord<Text>>::decode(text, 20_000)))
        }
        RestKind::SendSms => ("CloudPBX sendSMS", |texts| each(texts, |text| decode::<SmsResponse<String>>(text))),
    }
}

pub(crate) fn all(report: &mut Report) {
    for fixture in WSI.iter().filter(|fixture| fixture.invalid.is_none()) {
        let (group, run): (_, Decoder) = match fixture.kind {
            Kind::Command => ("WSI command", wsi_client),
            _ => ("WSI event or answer", wsi_server),
        };
        sample(report, group, fixture.name, fixture.text, run);
    }
    for fixture in IM {
        let (group, run): (_, Decoder) = match fixture.from {
            Side::Client => ("IM message of a client", im_client),
            Side::Server => ("IM message of a server", im_server),
        };
        sample(report, group, fixture.name, fixture.text, run);
    }
    for fixture in AXEOS {
        let (group, run) = axeos(fixture.kind);
        sample(report, group, fixture.name, fixture.text, run);
    }
    for fixture in CLOUDPBX_STREAM {
        let run: Decoder = |texts| each(texts, |text| Message::decode_frame(text, 64, 256));
        sample(report, "CloudPBX message of the stream", fixture.name, fixture.text, run);
    }
    for fixture in CLOUDPBX_REST {
        let (group, run) = cloudpbx(fixture.kind);
        sample(report, group, fixture.name, fixture.text, run);
    }
}

fn sample(report: &mut Report, group: &'static str, name: &str, text: &'static str, run: Decoder) {
    let name = name.rsplit('/').next().unwrap_or(name);
    for shape in SHAPES {
        // A message without a place for the shape stays as it is.
        if (shape.make)(text, 4 << 10).len() < 3 << 10 {
            continue;
        }
        report.case(
            group,
            format!("{name}: {}", shape.name),
            |length| Text::from((shape.make)(text, length)),
            |input| input.len(),
            run,
        );
    }
}
