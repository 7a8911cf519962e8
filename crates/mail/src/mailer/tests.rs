use testkit::smtp::Smtp;

use super::*;

const FROM: &str = "exchequer@brackwater.example";

fn mailer(smtp: &Smtp) -> Mailer {
    let mut mailer = Mailer::new(&smtp.url().into(), FROM.parse().unwrap()).unwrap();
    Arc::get_mut(&mut mailer.0).unwrap().patience = Duration::from_secs(1);
    mailer
}

fn message(local: &str) -> Message {
    Message {
        to: format!("{local}@example.com").parse().unwrap(),
        message_id: "mail_0192".to_owned(),
        rendered: Rendered {
            subject: "Brackwater Freight has spent 80%".to_owned(),
            text: ".first line\n.\nlast line".to_owned(),
            html: "<p>hello</p>".to_owned(),
            picture: None,
            mute: None,
        },
    }
}

fn later(text: &str) -> Result<String, SendError> {
    Err(SendError::Later(text.to_owned()))
}

fn never(text: &str) -> Result<String, SendError> {
    Err(SendError::Never(text.to_owned()))
}

#[tokio::test]
async fn hands_over_what_was_written_and_tells_the_answer() {
    let smtp = Smtp::start().await;
    let answer = mailer(&smtp).send(&message("ines")).await;
    assert_eq!(answer, Ok("250 2.0.0 queued".to_owned()));
    let [mail] = smtp.mails().try_into().unwrap();
    assert_eq!(mail.from, FROM);
    assert_eq!(mail.to, ["ines@example.com"]);
    assert_eq!(mail.header("Message-ID").unwrap(), "<mail_0192@brackwater.example>");
    assert_eq!(mail.header("Subject").unwrap(), "Brackwater Freight has spent 80%");
    assert_eq!(mail.header("From").unwrap(), format!("Exchequer <{FROM}>"));
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
    assert!(mail.data.contains("\r\n.first line\r\n.\r\nlast line\r\n"), "{}", mail.data);
}

#[tokio::test]
async fn refusals_are_for_now_or_for_good() {
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    for (local, result) in [
        ("p421", later("421 4.3.2 closing")),
        ("p450", later("450 4.2.1 try later")),
        ("p550", never("550 5.1.1 no such user")),
        ("d450", later("450 4.3.0 later")),
        ("d550", never("554 5.7.1 rejected")),
    ] {
        assert_eq!(mailer.send(&message(local)).await, result, "{local}");
    }
    assert_eq!(smtp.mails(), []);
}

#[tokio::test]
async fn a_refusal_leaves_nothing_behind_on_a_connection_used_again() {
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    for local in ["p450", "one", "d550", "two", "p550", "p421", "three"] {
        let _ = mailer.send(&message(local)).await;
    }
    let to: Vec<_> = smtp.mails().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, ["one@example.com", "two@example.com", "three@example.com"]);
    assert_eq!(mailer.0.idle.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn silence_before_the_mail_was_sent_is_told_from_silence_after_it() {
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    let silence = "no answer within 1 s";
    assert_eq!(mailer.send(&message("hang")).await, later(silence));
    let unknown = Err(SendError::Unknown(silence.to_owned()));
    assert_eq!(mailer.send(&message("hangdot")).await, unknown);
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_not_known_and_says_so() {
    let smtp = Smtp::start().await;
    let error = mailer(&smtp).send(&message("cutafter")).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown(_)), "{error:?}");
    assert!(error.to_string().contains("the server may have it"));
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_connection_lost_within_a_long_mail_is_surely_not_taken() {
    let smtp = Smtp::start().await;
    let Mailer(mailer) = mailer(&smtp);
    let Ok(mut connection) = mailer.connection().await else { panic!("no connection") };
    let to = "cutbefore@example.com".parse().unwrap();
    let more_than_all_buffers_hold = b"line\r\n".repeat(2_000_000);
    let (result, usable) = mailer.hand_over(&mut connection, to, &more_than_all_buffers_hold).await;
    assert!(matches!(result, Err(SendError::Later(_))), "{result:?}");
    assert!(!usable);
    assert_eq!(smtp.mails(), []);
}

#[tokio::test]
async fn a_short_mail_fits_into_buffers_whole_so_its_loss_is_not_known() {
    let smtp = Smtp::start().await;
    let error = mailer(&smtp).send(&message("cutbefore")).await.unwrap_err();
    assert!(matches!(error, SendError::Later(_) | SendError::Unknown(_)), "{error:?}");
    assert_eq!(smtp.mails(), []);
}

#[tokio::test]
async fn a_cancelled_send_does_not_reach_another_mail() {
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    mailer.send(&message("one")).await.unwrap();
    for local in ["hang", "hangdot"] {
        let sending = tokio::time::timeout(Duration::from_millis(50), async {
            mailer.send(&message(local)).await
        });
        assert!(sending.await.is_err());
        assert_eq!(mailer.send(&message("two")).await, Ok("250 2.0.0 queued".to_owned()));
    }
}

#[tokio::test]
async fn a_server_out_of_reach_or_unencrypted_sends_nothing() {
    let from: Email = FROM.parse().unwrap();
    let mailer = Mailer::new(&"smtp://127.0.0.1:1".to_owned().into(), from.clone()).unwrap();
    assert!(matches!(mailer.send(&message("ines")).await, Err(SendError::Later(_))));
    assert!(matches!(mailer.probe().await, Err(SendError::Later(_))));

    let smtp = Smtp::start().await;
    let url = format!("{}?tls=required", smtp.url());
    let mailer = Mailer::new(&url.into(), from).unwrap();
    assert!(matches!(mailer.send(&message("ines")).await, Err(SendError::Later(_))));
    assert_eq!(smtp.mails(), []);
}

#[tokio::test]
async fn a_probe_sends_nothing() {
    let smtp = Smtp::start().await;
    assert_eq!(mailer(&smtp).probe().await, Ok("250 2.0.0 fine".to_owned()));
    assert_eq!(smtp.mails(), []);
}

#[tokio::test]
async fn nothing_that_people_write_adds_to_a_mails_head() {
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    let endings =
        ["\r\n", "\n", "\r", "\0", "\u{2028}", "\u{85}", "\r\n.\r\n", "\r\n\r\n", "é\r\n"];
    let mut texts: Vec<String> = endings
        .iter()
        .flat_map(|end| [format!("A{end}Bcc: eve@example.com"), format!("{end}Bcc: eve{end}")])
        .collect();
    texts.extend(["資料".repeat(5_000), "x".repeat(10_000), "=?utf-8?q?=0D=0ABcc:?=".to_owned()]);
    for text in &texts {
        let mut nasty = message("ines");
        nasty.rendered = Rendered {
            subject: text.clone(),
            text: text.clone(),
            html: text.clone(),
            picture: None,
            mute: None,
        };
        nasty.message_id.clone_from(text);
        mailer.send(&nasty).await.unwrap();
    }
    let mails = smtp.mails();
    assert_eq!(mails.len(), texts.len());
    for mail in mails {
        assert_eq!(mail.to, ["ines@example.com"]);
        let mut names = mail.header_names();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "Auto-Submitted",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To"
            ]
        );
        assert!(mail.data.split("\r\n").all(|line| line.len() <= 998));
    }
}
