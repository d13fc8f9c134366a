using AgentWarden.Kernel.Contracts;
using System.Net;
using System.Text;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

public sealed class HttpSinkTests : IDisposable
{
    private static readonly ObjectReference Target = new(KubernetesKinds.Secret, "kagent", "key") { Uid = "u-1", ResourceVersion = "7" };
    private static readonly Uri Root = new("http://functions.test/events/");

    private readonly Functions _functions = new();
    private readonly string _keyFile = Path.GetTempFileName();
    private HttpSink? _sink;

    [Theory]
    [InlineData("structured"), InlineData("binary"), InlineData("batch")]
    public async Task The_event_reaches_the_functions_path_and_is_read_as_it_was_meant(string mode)
    {
        var delivery = await DeliverAsync(Enum.Parse<HttpSinkMode>(mode, ignoreCase: true));
        Assert.Empty(delivery.Answer!.Value.FollowUps);
        Assert.Equal("/events/secretprovisioning", _functions.Path);
        var read = Assert.Single(CloudEventHttp.Parse(_functions.Headers, _functions.Body));
        Assert.Equal("u-1-7-SecretProvisioning", read.Id);
        Assert.Equal("SecretProvisioning", read.TextOf(ObjectAttributes.Function));
        Assert.Equal(Target, ObjectEventMapping.FromCloudEvent(read, new([KubernetesKinds.Secret])).Event?.Object);
        Assert.Equal(LookReportJson.WishesInAnswer, _functions.Headers[LookReportJson.WishesHeader]);
    }

    [Fact]
    public async Task What_the_function_wishes_comes_back()
    {
        _functions.Answer(200, """{"accepted":1,"next":[{"function":"SecretProvisioning","object":{"apiVersion":"v1","kind":"Secret","namespace":"kagent","name":"key"},"at":"2030-01-01T00:00:00Z","followUps":[{"apiVersion":"v1","kind":"Secret","namespace":"kagent","name":"other"}]}]}""");
        var answer = (await DeliverAsync()).Answer!.Value;
        Assert.Equal(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), Assert.IsType<Outcome.LookAgain>(answer.Next).At);
        Assert.Equal("other", Assert.Single(answer.FollowUps).Name);
    }

    [Theory]
    [InlineData(429, "", true), InlineData(503, "not ready", true), InlineData(502, "", true), InlineData(504, "", true)]
    [InlineData(401, """{"error":"Send a token."}""", false), InlineData(403, "", false), InlineData(404, "", false), InlineData(200, "<html>hello</html>", false), InlineData(200, "{}", false)]
    public async Task Who_does_not_take_events_now_is_away(int status, string body, bool mayPass)
    {
        _functions.Answer(status, body);
        Assert.Equal(mayPass, (await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync())).MayPass);
    }

    [Theory]
    [InlineData(301), InlineData(307), InlineData(405)]
    public async Task An_address_at_which_no_intake_is_says_so_once_and_not_for_each_object(int status)
    {
        _functions.Answer(status, "");
        Assert.Contains("AGENTWARDEN_SINK_URL", (await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_it_cannot_take_events_now_is_told()
    {
        _functions.Answer(503, """{"error":"Not listed yet: LLMAccess."}""");
        Assert.Contains("Not listed yet", (await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_that_it_asks_for_is_told()
    {
        _functions.Answer(429, "", retryAfter: "17");
        Assert.Equal(TimeSpan.FromSeconds(17), (await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync())).RetryAfter);
    }

    [Theory]
    [InlineData(503), InlineData(500)]
    public async Task A_look_that_failed_is_no_absence(int status)
    {
        _functions.Answer(status, """{"accepted":1,"next":[],"failed":[{"function":"SecretProvisioning","object":{"apiVersion":"v1","kind":"Secret","namespace":"kagent","name":"key"}}]}""", retryAfter: "3");
        Assert.Equal(TimeSpan.FromSeconds(3), (await Assert.ThrowsAsync<LookFailedException>(() => DeliverAsync())).RetryAfter);
    }

    [Fact]
    public async Task A_look_at_what_changed_meanwhile_comes_again_at_once_whatever_the_answer_asks_for()
    {
        const string key = """[{"function":"SecretProvisioning","object":{"apiVersion":"v1","kind":"Secret","namespace":"kagent","name":"key"}}]""";
        _functions.Answer(503, $$"""{"accepted":1,"next":[],"failed":{{key}},"stale":{{key}}}""", retryAfter: "3");
        var stale = await Assert.ThrowsAsync<LookFailedException>(() => DeliverAsync());
        Assert.True(stale.IsStale);
        Assert.Null(stale.RetryAfter);
    }

    [Theory]
    [InlineData(500), InlineData(400), InlineData(415)]
    public async Task An_answer_that_names_no_look_fails_the_look(int status)
    {
        _functions.Answer(status, "");
        await Assert.ThrowsAsync<LookFailedException>(() => DeliverAsync());
    }

    [Fact]
    public async Task A_connection_that_is_refused_or_cut_is_an_absence()
    {
        _functions.Throw = new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync());
        _functions.Throw = new HttpRequestException(HttpRequestError.ResponseEnded, "cut");
        await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync());
    }

    [Fact]
    public async Task The_token_is_read_from_its_file_and_sent()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "projected-token\n");
            await DeliverAsync(tokenFile: file);
            Assert.Equal("Bearer projected-token", _functions.Headers["Authorization"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task In_batch_mode_what_waits_together_travels_together_and_each_gets_its_own_answer()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _functions.Hold = hold.Task;
        var first = DeliverAsync(HttpSinkMode.Batch, Target with { Name = "first" });
        await _functions.Began;
        _functions.Answer(500, """{"accepted":10,"next":[{"function":"SecretProvisioning","object":{"apiVersion":"v1","kind":"Secret","namespace":"kagent","name":"s3"},"at":"2030-01-01T00:00:00Z"}],"failed":[{"function":"SecretProvisioning","object":{"apiVersion":"v1","kind":"Secret","namespace":"kagent","name":"s7"}}]}""");
        var rest = Enumerable.Range(0, 10).Select(i => DeliverAsync(HttpSinkMode.Batch, Target with { Name = $"s{i}" })).ToList();
        hold.SetResult();
        await first;
        await Assert.ThrowsAsync<LookFailedException>(() => rest[7]);
        Assert.IsType<Outcome.LookAgain>((await rest[3]).Answer!.Value.Next);
        Assert.IsType<Outcome.Done>((await rest[0]).Answer!.Value.Next);
        await Task.WhenAll(rest.Where((_, i) => i != 7));
        // One that is held and one with the rest, in each lane; one by one it would be eleven.
        Assert.InRange(_functions.Requests, 2, 2 * HttpBatches.Lanes);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"s{i}"), _functions.Events.Skip(1).Select(e => e.TextOf(ObjectAttributes.Name)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_key_of_the_Functions_host_is_sent_from_its_file_and_a_rotated_one_right_after_it_was_refused()
    {
        File.WriteAllText(_keyFile, "first\n");
        _sink = new(new(Root, HttpSinkMode.Structured) { KeyFile = _keyFile }, new([KubernetesKinds.Secret]), TimeProvider.System, _functions);
        await DeliverAsync();
        Assert.Equal("first", _functions.Headers["x-functions-key"]);

        File.WriteAllText(_keyFile, "second");
        _functions.Answer(401, "");
        var refused = await Assert.ThrowsAsync<SinkUnavailableException>(() => DeliverAsync());
        Assert.DoesNotContain("first", refused.ToString(), StringComparison.Ordinal);
        _functions.Answer(200, """{"accepted":1,"next":[]}""");
        await DeliverAsync();
        Assert.Equal("second", _functions.Headers["x-functions-key"]);
    }

    [Theory]
    [InlineData(" \n"), InlineData("two\nlines"), InlineData("kéy")]
    public void A_file_that_holds_no_key_is_a_mistake_in_its_setting_and_not_printed(string content)
    {
        File.WriteAllText(_keyFile, content);
        var options = new HttpSinkOptions(Root, HttpSinkMode.Structured) { KeyFile = _keyFile };
        var problem = Assert.Throws<HostingException>(() => new HttpSink(options, new([]), TimeProvider.System, _functions)).Message;
        Assert.Contains(HttpSinkOptions.KeyFileSetting, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(content.Trim() is { Length: > 0 } text ? text : "-none-", problem, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _sink?.Dispose();
        _functions.Dispose();
        File.Delete(_keyFile);
    }

    private Task<Delivery> DeliverAsync(HttpSinkMode mode = HttpSinkMode.Structured, ObjectReference? target = null, string? tokenFile = null)
    {
        _sink ??= new(new(Root, mode) { TokenFile = tokenFile }, new([KubernetesKinds.Secret]), TimeProvider.System, _functions);
        return _sink.DeliverAsync("SecretProvisioning", new(ObjectChange.Update, target ?? Target), CancellationToken.None);
    }

    /// <summary>The other end, without a network.</summary>
    private sealed class Functions : HttpMessageHandler
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (int Status, string Body, string? RetryAfter) _now = (200, """{"accepted":1,"next":[]}""", null);

        public Exception? Throw { get; set; }
        public Task Hold { get; set; } = Task.CompletedTask;
        public Task Began => _began.Task;
        public int Requests { get; private set; }
        public string? Path { get; private set; }
        public Dictionary<string, string> Headers { get; private set; } = [];
        public byte[] Body { get; private set; } = [];
        public List<CloudNative.CloudEvents.CloudEvent> Events { get; } = [];

        /// <summary>For the requests that come from now on.</summary>
        public void Answer(int status, string body, string? retryAfter = null) => _now = (status, body, retryAfter);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var headers = request.Headers.Concat(request.Content!.Headers).ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);
            var sent = await request.Content.ReadAsByteArrayAsync(cancellationToken);
            lock (Events)
            {
                Requests++;
                (Path, Headers, Body) = (request.RequestUri!.AbsolutePath, headers, sent);
                Events.AddRange(CloudEventHttp.Parse(headers, sent));
            }

            var (status, body, retryAfter) = _now;
            _began.TrySetResult();
            await Hold;
            if (Throw is not null)
            {
                throw Throw;
            }

            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (retryAfter is not null)
            {
                response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
            }

            return response;
        }
    }
}
