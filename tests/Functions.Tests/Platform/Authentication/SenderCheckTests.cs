using System.Net;
using AgentWarden.Platform.Authentication;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Platform.EventBridge;

namespace AgentWarden.Tests.Platform.Authentication;

public sealed class SenderCheckTests
{
    private const string Bridge = "system:serviceaccount:agent-warden-system:agent-warden-bridge";

    private readonly ManualTime _time = new();
    private readonly Reviewer _reviewer = new();
    private readonly SenderCheck _check;

    public SenderCheckTests()
    {
        var options = SenderCheckOptions.FromSettings(name => name == SenderCheckOptions.TokenSetting ? "shared-token" : null, "agent-warden-system", "agent-warden", "agent-warden-bridge");
        _check = new(new(_reviewer, options.Audience, _time), options);
    }

    [Fact]
    public async Task Our_bridge_is_let_in_and_asked_about_once_a_minute()
    {
        _reviewer.Users["good"] = Bridge;
        Assert.Null(await CheckAsync("Bearer good"));
        Assert.Null(await CheckAsync("bearer good"));
        Assert.Equal(1, _reviewer.Asked);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(await CheckAsync("Bearer good"));
        Assert.Equal(2, _reviewer.Asked);
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_refused_within_a_minute()
    {
        _reviewer.Users["good"] = Bridge;
        Assert.Null(await CheckAsync("Bearer good"));
        _reviewer.Users.Clear();
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(401, (await CheckAsync("Bearer good"))?.Status);
    }

    [Fact]
    public async Task Somebody_elses_good_token_is_forbidden_and_told_which_setting_would_let_it_in()
    {
        _reviewer.Users["other"] = "system:serviceaccount:default:default";
        var refusal = await CheckAsync("Bearer other");
        Assert.Equal(403, refusal?.Status);
        Assert.Contains("system:serviceaccount:default:default", refusal!.Message, StringComparison.Ordinal);
        Assert.Contains(SenderCheckOptions.SendersSetting, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData("Basic Zm9v"), InlineData("Bearer bad")]
    public async Task Without_a_good_token_nobody_is_let_in(string? header)
    {
        var refusal = await CheckAsync(header);
        Assert.Equal(401, refusal?.Status);
        Assert.Contains(SenderCheckOptions.DefaultAudience, refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_token_sent_again_and_again_is_asked_about_once_in_ten_seconds()
    {
        for (var i = 0; i < 100; i++)
        {
            await CheckAsync("Bearer bad");
        }

        Assert.Equal(1, _reviewer.Asked);
        _time.Advance(TimeSpan.FromSeconds(11));
        await CheckAsync("Bearer bad");
        Assert.Equal(2, _reviewer.Asked);
    }

    [Fact]
    public async Task The_shared_token_needs_no_review()
    {
        Assert.Null(await CheckAsync("Bearer shared-token"));
        Assert.Equal(0, _reviewer.Asked);
    }

    [Fact]
    public async Task Many_at_once_are_one_question()
    {
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reviewer.Answer = _ => gate.Task;
        var checks = Enumerable.Range(0, 50).Select(_ => CheckAsync("Bearer good").AsTask()).ToList();
        gate.SetResult(Bridge);
        Assert.All(await Task.WhenAll(checks), Assert.Null);
        Assert.Equal(1, _reviewer.Asked);
    }

    [Fact]
    public async Task One_caller_that_leaves_does_not_end_the_question_of_the_others()
    {
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reviewer.Answer = _ => gate.Task;
        using var leaves = new CancellationTokenSource();
        var first = _check.CheckAsync(Call("Bearer good"), leaves.Token).AsTask();
        var second = CheckAsync("Bearer good").AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult(Bridge);
        Assert.Null(await second);
    }

    [Fact]
    public async Task While_the_api_server_is_away_what_it_said_last_counts_for_five_minutes()
    {
        _reviewer.Users["good"] = Bridge;
        Assert.Null(await CheckAsync("Bearer good"));
        _reviewer.Answer = _ => throw new KubernetesException(HttpStatusCode.ServiceUnavailable, "away", "away");
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Null(await CheckAsync("Bearer good"));
        Assert.Equal(503, (await CheckAsync("Bearer unknown"))?.Status);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(503, (await CheckAsync("Bearer good"))?.Status);
    }

    [Fact]
    public async Task An_account_that_may_not_review_tokens_is_told_what_it_lacks_and_the_sender_is_not_blamed()
    {
        _reviewer.Answer = _ => throw new KubernetesException(HttpStatusCode.Forbidden, "Forbidden", "no");
        var refusal = await CheckAsync("Bearer good");
        Assert.Equal(503, refusal?.Status);
        Assert.Contains("create on tokenreviews", refusal!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("does not answer", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_is_not_for_our_audience_is_no_user()
    {
        const string ours = "agent-warden-events";
        Assert.Null(TokenReview.User(Answer(true, "https://kubernetes.default.svc"), ours));
        Assert.Null(TokenReview.User(Answer(true) with { Audiences = null }, ours));
        Assert.Equal(Bridge, TokenReview.User(Answer(true, ours), ours));
        Assert.Null(TokenReview.User(Answer(false, ours), ours));
        Assert.Null(TokenReview.User(status: null, ours));

        static k8s.Models.V1TokenReviewStatus Answer(bool authenticated, params string[] audiences) =>
            new() { Authenticated = authenticated, User = new() { Username = Bridge }, Audiences = audiences };
    }

    private ValueTask<Refusal?> CheckAsync(string? header) => _check.CheckAsync(Call(header), CancellationToken.None);

    private static HttpCall Call(string? header) => new("POST", "/events", header is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["Authorization"] = header }, default);

    private sealed class Reviewer : ITokenReviewer
    {
        private int _asked;

        public Dictionary<string, string> Users { get; } = [];

        public Func<string, Task<string?>>? Answer { get; set; }

        public int Asked => _asked;

        public Task<string?> UserOfAsync(string token, string audience, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _asked);
            return Answer?.Invoke(token) ?? Task.FromResult(Users.GetValueOrDefault(token));
        }
    }
}
