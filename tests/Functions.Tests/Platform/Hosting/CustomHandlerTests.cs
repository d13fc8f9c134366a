using System.Net;
using System.Text;
using System.Text.Json;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Platform.Hosting;

public sealed class CustomHandlerTests
{
    private const string TimerBody = """
        {"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2025-01-01T00:00:00+00:00","Next":"2025-01-01T00:05:00+00:00","LastUpdated":"2025-01-01T00:00:00+00:00"},"IsPastDue":false}},
         "Metadata":{"sys":{"MethodName":"Reconcile","UtcNow":"2025-01-01T00:05:00.0012345Z","RandGuid":"11111111-2222-3333-4444-555555555555"}}}
        """;

    private const string GridOne = """
        {"Data":{"event":{"specversion":"1.0","id":"a-1","source":"/k8s/agents","type":"dev.knative.apiserver.ref.update","subject":"ns/agent","time":"2025-01-01T00:00:00Z","datacontenttype":"application/json","data":{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"ns","name":"x","tags":["a"]}}},
         "Metadata":{"data":{"name":"x","tags":["a"]},"sys":{"MethodName":"OnEvent","UtcNow":"...","RandGuid":"..."}}}
        """;

    private const string GridMany = """
        {"Data":{"events":"[{\"specversion\":\"1.0\",\"id\":\"a-1\",\"source\":\"/k8s/agents\",\"type\":\"dev.knative.apiserver.ref.add\",\"data\":{\"apiVersion\":\"example.dev/v1\",\"kind\":\"Agent\",\"namespace\":\"ns\",\"name\":\"x\"}}]"},
         "Metadata":{"data":"[{\"name\":\"x\"}]","sys":{"MethodName":"OnEvents","UtcNow":"...","RandGuid":"..."}}}
        """;

    private const string QueueText = """
        {"Data":{"msg":"\"hello\""},"Metadata":{"DequeueCount":"1","ExpirationTime":"2025-01-08T00:00:00+00:00","Id":"\"9d7e\"","InsertionTime":"2025-01-01T00:00:00+00:00","NextVisibleTime":"2025-01-01T00:10:00+00:00","PopReceipt":"\"AgAAAA==\"","sys":{"MethodName":"OnQueue","UtcNow":"...","RandGuid":"..."}}}
        """;

    private const string QueueJson = """
        {"Data":{"msg":"\"{\\\"a\\\":1,\\\"b\\\":{\\\"c\\\":2}}\""},"Metadata":{"a":"\"1\"","b":{"c":2},"Id":"\"9d7e\"","DequeueCount":"1"}}
        """;

    private const string HttpBody = """
        {"Data":{"req":{"Url":"https://svc.ns.svc/api/validate/agents?timeout=10s","Method":"POST","Query":{"timeout":"10s"},"Headers":{"Host":["svc.ns.svc"],"Content-Type":["application/json"],"Content-Length":["26"]},"Params":{"kind":"agents"},"Identities":[{"AuthenticationType":null,"IsAuthenticated":false,"Actor":null,"BootstrapContext":null,"Claims":[],"Label":null,"Name":null}],"Body":"{\"kind\":\"AdmissionReview\"}"}},
         "Metadata":{"kind":"\"agents\"","timeout":"\"10s\"","Query":{"timeout":"10s"},"Headers":{},"sys":{}}}
        """;

    private readonly TimerProbe _timer = new("Reconcile");
    private readonly MessageProbe _event = new("OnEvent");
    private readonly MessageProbe _events = new("OnEvents");
    private readonly MessageProbe _queue = new("OnQueue");
    private readonly HttpProbe _http = new("Validate", call => HttpAnswer.OfText(201, $"{call.Method} {call.Path} {call.Header("content-type")} {Encoding.UTF8.GetString(call.Body.Span)}"));

    [Fact]
    public async Task The_host_is_answered_while_it_asks_whether_we_are_there()
    {
        await using var server = await StartAsync();
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotEmpty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_timer_ticks()
    {
        Assert.Equal(Verdict.Success, await CallAsync("Reconcile", TimerBody));
        Assert.Single(_timer.Ticks);
    }

    [Fact]
    public async Task A_timer_that_fails_is_a_failure_to_the_host()
    {
        await using var server = await StartAsync(new TimerProbe("Reconcile", (_, _) => throw new InvalidOperationException()));
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await FunctionsHostRules.CallAsync(client, "Reconcile", TimerBody);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task One_event_of_Event_Grid_is_looked_at()
    {
        Assert.Equal(Verdict.Success, await CallAsync("OnEvent", GridOne));
        var seen = Assert.Single(_event.Seen);
        Assert.Equal(("a-1", "dev.knative.apiserver.ref.update", "ns/agent"), (seen.Id, seen.Type, seen.Subject));
    }

    [Fact]
    public async Task Many_events_come_as_an_array_in_a_string()
    {
        Assert.Equal(Verdict.Success, await CallAsync("OnEvents", GridMany));
        Assert.Equal("a-1", Assert.Single(_events.Seen).Id);
    }

    [Fact]
    public async Task A_queue_message_is_encoded_twice()
    {
        var cloudEvent = """{"specversion":"1.0","id":"1","source":"/s","type":"dev.knative.apiserver.ref.delete","data":{"apiVersion":"example.dev/v1","kind":"Agent","namespace":"ns","name":"q"}}""";
        var once = JsonSerializer.Serialize(cloudEvent);
        Assert.Equal(Verdict.Success, await CallAsync("OnQueue", Wrapped("msg", JsonSerializer.Serialize(once))));
        Assert.Equal(Verdict.Success, await CallAsync("OnQueue", Wrapped("msg", once)));
        Assert.Equal(Verdict.Success, await CallAsync("OnQueue", Wrapped("MSG", cloudEvent)));
        Assert.Equal(3, _queue.Seen.Count);
    }

    [Theory]
    [InlineData(QueueText)]
    [InlineData(QueueJson)]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"Data\":{\"other\":1},\"Metadata\":{}}")]
    [InlineData("{\"Data\":\"x\"}")]
    public async Task A_message_that_is_no_CloudEvent_is_a_failure_and_calls_nothing(string body)
    {
        Assert.Equal(Verdict.Failure, await CallAsync("OnQueue", body));
        Assert.Empty(_queue.Seen);
    }

    [Fact]
    public async Task A_message_that_was_not_carried_out_is_a_failure_so_that_it_comes_again()
    {
        _queue.Fails = true;
        var cloudEvent = """{"specversion":"1.0","id":"1","source":"/s","type":"dev.knative.apiserver.ref.delete"}""";
        Assert.Equal(Verdict.Failure, await CallAsync("OnQueue", Wrapped("msg", JsonSerializer.Serialize(cloudEvent))));
        Assert.Single(_queue.Seen);
    }

    [Fact]
    public async Task A_wrapped_HTTP_request_is_unwrapped_and_its_answer_wrapped()
    {
        await using var server = await StartAsync(forwards: false);
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await FunctionsHostRules.CallAsync(client, "Validate", HttpBody);
        var (verdict, answer) = await FunctionsHostRules.JudgeAsync(response);
        Assert.Equal(Verdict.Success, verdict);
        var res = answer.GetProperty("Outputs").GetProperty("res");
        Assert.Equal("201", res.GetProperty("statusCode").GetString());
        Assert.Equal("""POST /api/validate/agents application/json {"kind":"AdmissionReview"}""", res.GetProperty("body").GetString());
        Assert.Equal(HttpAnswer.Text, res.GetProperty("headers").GetProperty("Content-Type").GetString());
    }

    [Theory]
    [InlineData("/validate/agents")]
    [InlineData("/api/validate/agents")]
    public async Task A_forwarded_request_comes_on_its_route_with_or_without_the_prefix(string path)
    {
        await using var server = await StartAsync();
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await client.PostAsync(path, new StringContent("{}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory]
    [InlineData("FUNCTIONS_CUSTOMHANDLER_PORT", "7071", 7071)]
    [InlineData("FUNCTIONS_HTTPWORKER_PORT", "7072", 7072)]
    [InlineData("OTHER", "1", null)]
    public void The_port_is_the_hosts(string setting, string value, int? expected) => Assert.Equal(expected, CustomHandlerHost.Port(TestFunctions.Settings((setting, value))));

    [Fact]
    public void A_port_that_is_none_is_told() => Assert.Throws<HostingException>(() => CustomHandlerHost.Port(TestFunctions.Settings(("FUNCTIONS_CUSTOMHANDLER_PORT", "x"))));

    private static string Wrapped(string binding, string value) => "{\"Data\":{\"" + binding + "\":" + value + "},\"Metadata\":{\"DequeueCount\":\"1\"}}";

    private async Task<Verdict> CallAsync(string function, string body)
    {
        await using var server = await StartAsync();
        using var client = new HttpClient { BaseAddress = server.Http };
        using var response = await FunctionsHostRules.CallAsync(client, function, body);
        return (await FunctionsHostRules.JudgeAsync(response)).Verdict;
    }

    private async Task<RunningServer> StartAsync(TimerProbe? timer = null, bool forwards = true)
    {
        using var root = TestFunctions.Application(
            """{"version":"2.0","customHandler":{"enableForwardingHttpRequest":FORWARDS}}""".Replace("FORWARDS", forwards ? "true" : "false", StringComparison.Ordinal),
            ("Reconcile", """{"bindings":[{"type":"timerTrigger","direction":"in","name":"timer","schedule":"0 */5 * * * *"}]}"""),
            ("OnEvent", """{"bindings":[{"type":"eventGridTrigger","direction":"in","name":"event"}]}"""),
            ("OnEvents", """{"bindings":[{"type":"eventGridTrigger","direction":"in","name":"events","cardinality":"many"}]}"""),
            ("OnQueue", """{"bindings":[{"type":"queueTrigger","direction":"in","name":"msg","queueName":"agents","connection":"AzureWebJobsStorage"}]}"""),
            ("Validate", """{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","methods":["post"],"route":"validate/{kind}"},{"type":"http","direction":"out","name":"res"}]}"""));
        var manifest = FunctionManifest.Load(TestFunctions.Settings(), root.Path);
        var bound = manifest.Bind([timer ?? _timer, _event, _events, _queue, _http]);
        var host = new CustomHandlerHost(manifest, bound, TestFunctions.Invocations, TimeProvider.System, NullLoggerFactory.Instance);
        return await RunningServer.StartAsync(host.Listener(0).Routes);
    }
}
