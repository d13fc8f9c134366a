using AgentWarden.FunctionsHost.App;
using Microsoft.AspNetCore.Http;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>The host's keys: which requests a function's authorization level lets in.</summary>
/// <param name="Function">Opens every function.</param>
/// <param name="Master">Opens everything.</param>
internal sealed record HostKeys(string Function, string Master)
{
    public static HostKeys New() => new($"{Guid.NewGuid():N}", $"{Guid.NewGuid():N}");

    public bool Admit(HostedFunction function, HttpRequest request)
    {
        var key = request.Headers.TryGetValue("x-functions-key", out var header) ? $"{header}" : $"{request.Query["code"]}";
        return function.AuthLevel switch
        {
            "anonymous" => true,
            "function" => key == Function || key == Master,
            _ => key == Master,
        };
    }
}
