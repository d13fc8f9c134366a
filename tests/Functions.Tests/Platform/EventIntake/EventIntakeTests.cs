using System.Net;
using System.Text;
using System.Text.Json;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Tests.Kernel.Admission;
using AgentWarden.Tests.Platform.CloudEvents;
using AgentWarden.Tests.Platform.Hosting;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.EventIntake;

public sealed class EventIntakeTests
{
    private const string Agent = """{"specversion":"1.0","id":"1","source":"/s","type":"dev.knative.apiserver.ref.add","data":{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"ns","name":"a","uid":"u"}}""";
    private const string Pod = """{"specversion":"1.0","id":"2","source":"/s","type":"dev.knative.apiserver.ref.add","data":{"apiVersion":"v1","kind":"Pod","namespace":"ns","name":"p"}}""";

    private readonly EventProbe _cards = new("Cards");
    private readonly ReportProbe _reports = new();
    private readonly EventProbe _pods = new("Pods", null, KubernetesKinds.Pod);

    [Theory]
    [InlineData("/events/cards")]
    [InlineData("/api/events/Cards")]
    public async Task An_event_goes_to_the_function_that_the_path_names(string path)
    {
        var (status, answer) = await PostAsync(path, Agent);
        Assert.Equal((200, """{"accepted":1,"next":[]}"""), (status, answer));
        Assert.Equal("a", Assert.Single(_cards.Seen).Object.Name);
    }

    [Fact]
    public async Task Without_a_name_every_function_that_subscribes_gets_it()
    {
        var (status, _) = await PostAsync("/events", $"[{Agent},{Pod},{Agent}]", MediaTypes.Batch);
        Assert.Equal(200, status);
        Assert.Single(_cards.Seen);
        Assert.Single(_pods.Seen);
    }

    [Fact]
    public async Task Binary_mode_is_read_too()
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["ce-specversion"] = "1.0", ["ce-id"] = "1", ["ce-source"] = "/s", ["ce-type"] = "dev.knative.apiserver.ref.delete", ["Content-Type"] = "application/json",
        };
        var answer = await Function().HandleAsync(new HttpCall("POST", "/events/cards", headers, """{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"ns","name":"b"}"""u8.ToArray()), default);
        Assert.Equal(200, answer.Status);
        Assert.Equal(ObjectChange.Delete, Assert.Single(_cards.Seen).Change);
    }

    [Fact]
    public async Task What_the_function_wants_next_is_in_the_answer()
    {
        var cards = new EventProbe("Cards", change => new EventAnswer(new Outcome.LookAgain(DateTimeOffset.UnixEpoch), [change.Object with { Name = "other", Uid = null }]));
        var (_, answer) = await PostAsync("/events/cards", Agent, cards: cards);
        Assert.Equal(
            """{"accepted":1,"next":[{"function":"Cards","object":{"apiVersion":"example.dev/v1","kind":"Agent","name":"a","namespace":"ns","uid":"u"},"at":"1970-01-01T00:00:00Z","followUps":[{"apiVersion":"example.dev/v1","kind":"Agent","name":"other","namespace":"ns"}]}]}""",
            answer);
    }

    [Fact]
    public async Task Who_does_not_carry_wishes_out_is_told_that_the_bridge_has_them()
    {
        var cards = new EventProbe("Cards", change => new EventAnswer(new Outcome.LookAgain(DateTimeOffset.UnixEpoch), []));
        var answer = await Function(cards).HandleAsync(Anybody(), default);
        Assert.Equal((200, """{"accepted":1,"wishes":"reported"}"""), (answer.Status, Encoding.UTF8.GetString(answer.Body.Span)));
        var report = Assert.Single(_reports.Looks);
        Assert.Equal(("Cards", "a", new Outcome.LookAgain(DateTimeOffset.UnixEpoch)), (report.Function, report.Object.Name, report.Answer.Next));
    }

    [Fact]
    public async Task Wishes_in_the_answer_are_not_reported_as_well()
    {
        await PostAsync("/events/cards", Agent);
        Assert.Empty(_reports.Looks);
    }

    [Fact]
    public async Task When_the_report_fails_the_sender_is_asked_to_send_again()
    {
        _reports.Fails = true;
        var answer = await Function().HandleAsync(Anybody(), default);
        Assert.Equal((503, 1), (answer.Status, answer.RetryAfterSeconds));
    }

    private static HttpCall Anybody()
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Content-Type"] = MediaTypes.Structured };
        return new HttpCall("POST", "/events", headers, Encoding.UTF8.GetBytes(Agent));
    }

    [Fact]
    public async Task An_event_of_another_kind_is_ignored_with_a_reason()
    {
        var (status, answer) = await PostAsync("/events/cards", Pod);
        Assert.Equal(200, status);
        Assert.Contains("\"ignored\":[{\"id\":\"2\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_function_is_404_with_the_known_ones()
    {
        var (status, answer) = await PostAsync("/events/nobody", Agent);
        Assert.Equal(404, status);
        Assert.Contains("Cards, Pods", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", MediaTypes.Structured, 400)]
    [InlineData("{}", MediaTypes.Structured, 400)]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"dev.knative.apiserver.ref.add","data":{"kind":"Agent"}}""", MediaTypes.Structured, 400)]
    [InlineData("{}", "application/json", 415)]
    public async Task A_malformed_event_is_refused_and_calls_nothing(string body, string type, int expected)
    {
        var (status, answer) = await PostAsync("/events/cards", body, type);
        Assert.Equal(expected, status);
        using var document = JsonDocument.Parse(answer);
        Assert.NotEmpty(document.RootElement.GetProperty("error").GetString()!);
        Assert.Empty(_cards.Seen);
    }

    [Fact]
    public async Task One_malformed_event_refuses_the_batch_before_anything_is_called()
    {
        var (status, _) = await PostAsync("/events/cards", "[" + Agent + """,{"specversion":"1.0","id":"1","source":"/s","type":"dev.knative.apiserver.ref.add","data":{}}]""", MediaTypes.Batch);
        Assert.Equal(400, status);
        Assert.Empty(_cards.Seen);
    }

    [Fact]
    public async Task A_busy_API_server_is_503_with_the_time_to_wait()
    {
        var cards = new EventProbe("Cards", _ => throw new KubernetesException(HttpStatusCode.TooManyRequests, "TooManyRequests", "slow down", TimeSpan.FromSeconds(3)));
        var answer = await Function(cards).HandleAsync(Call("/events/cards", Agent), default);
        Assert.Equal((503, 3), (answer.Status, answer.RetryAfterSeconds));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable), InlineData(HttpStatusCode.TooManyRequests)]
    public async Task An_API_server_that_cannot_tell_an_owner_now_is_503_too(HttpStatusCode status)
    {
        var owned = new EventDispatcherTests.SubscribedProbe("Owned", new Subscription(KubernetesKinds.Pod) { Owner = TestFunctions.Agent });
        var dispatcher = new EventDispatcher([owned], new LiveObjects { Failure = status }, TestFunctions.Invocations, TimeProvider.System);
        var answer = await new EventIntakeHandler(dispatcher, _reports, new(null), NullLogger.Instance, callers: null).HandleAsync(Call("/events", Pod), default);
        Assert.Equal((503, 1), (answer.Status, answer.RetryAfterSeconds));
        Assert.Empty(owned.Seen);
    }

    [Fact]
    public async Task Another_failure_is_500_and_says_nothing_of_its_data()
    {
        var cards = new EventProbe("Cards", _ => throw new InvalidOperationException("sk-secret"));
        var (status, answer) = await PostAsync("/events", $"[{Agent},{Pod}]", MediaTypes.Batch, cards);
        Assert.Equal(500, status);
        Assert.DoesNotContain("sk-secret", answer, StringComparison.Ordinal);
        Assert.Contains("\"failed\":[{\"function\":\"Cards\"", answer, StringComparison.Ordinal);
        Assert.Single(_pods.Seen);
    }

    [Fact]
    public async Task Who_is_not_let_in_learns_why_and_calls_nothing()
    {
        var answer = await new EventIntakeHandler(TestFunctions.Dispatcher(_cards), _reports, new(null), NullLogger.Instance, new Nobody()).HandleAsync(Call("/events/cards", Agent), default);
        Assert.Equal(401, answer.Status);
        Assert.Contains("Send a bearer token.", Encoding.UTF8.GetString(answer.Body.Span), StringComparison.Ordinal);
        Assert.Empty(_cards.Seen);
    }

    [Fact]
    public void No_bytes_give_a_5xx_or_an_empty_answer()
    {
        var function = Function();
        string[] types = [MediaTypes.Structured, MediaTypes.Batch, "application/json", "ce"];
        FsCheck.Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1500), Prop.ForAll<byte[], int, int>((noise, at, mode) =>
        {
            // Pure noise hardly gets past the parser's first byte; noise inside a good event gets everywhere.
            var good = Encoding.UTF8.GetBytes(mode % 2 == 0 ? Agent : $"[{Agent},{Pod}]");
            var cut = (int)((uint)at % (uint)good.Length);
            var body = mode % 3 == 0 ? noise : [.. good[..cut], .. noise, .. good[Math.Min(good.Length, cut + noise.Length)..]];
            var answer = function.HandleAsync(Call("/events", body, types[(uint)mode % 4], noise), default).GetAwaiter().GetResult();
            return answer.Status is >= 200 and < 500 && !answer.Body.IsEmpty && IsObject(answer.Body);
        }));
    }

    private static bool IsObject(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object;
    }

    private static HttpCall Call(string path, string body, string type = MediaTypes.Structured) => Call(path, Encoding.UTF8.GetBytes(body), type, []);

    private static HttpCall Call(string path, byte[] body, string type, byte[] noise)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (type == "ce")
        {
            headers["ce-specversion"] = "1.0";
            headers["ce-id"] = Encoding.Latin1.GetString(noise) + "%";
            headers["ce-source"] = "/s";
            headers["ce-type"] = "dev.knative.apiserver.ref.add";
            headers["ce-x" + Encoding.Latin1.GetString(noise)] = "%C3%28";
        }
        else
        {
            headers["Content-Type"] = type;
        }

        // As our bridge sends it.
        headers[LookReportJson.WishesHeader] = LookReportJson.WishesInAnswer;

        return new HttpCall("POST", path, headers, body);
    }

    private EventIntakeHandler Function(EventProbe? cards = null) => new(TestFunctions.Dispatcher(cards ?? _cards, _pods), _reports, new(null), NullLogger.Instance, callers: null);

    private async Task<(int Status, string Answer)> PostAsync(string path, string body, string type = MediaTypes.Structured, EventProbe? cards = null)
    {
        var answer = await Function(cards).HandleAsync(Call(path, body, type), default);
        Assert.Equal(HttpAnswer.Json, answer.ContentType);
        return (answer.Status, Encoding.UTF8.GetString(answer.Body.Span));
    }
}
